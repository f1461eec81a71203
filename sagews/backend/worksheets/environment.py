"""Which environment a worksheet asks for, as its notebook says. Thinking only."""

import json
from collections.abc import Sequence

from pycrdt import Map

from sagews.backend.worksheets.document import Document

MOST_TEXT = 10_000
"""Characters of a kernelspec that are looked at."""


def environment_of(document: Document, known: Sequence[str]) -> str:
    """Return the name of an environment: of the notebook's kernelspec, if the site has it, else the site's first."""
    metadata = document.meta.get("metadata")
    text = metadata.get("kernelspec") if isinstance(metadata, Map) else None
    if isinstance(text, str) and len(text) <= MOST_TEXT:
        try:
            spec = json.loads(text)
        except (ValueError, RecursionError):
            spec = None
        if isinstance(spec, dict):
            for name in (spec.get("name"), spec.get("display_name")):
                if isinstance(name, str) and name in known:
                    return name
    return known[0]
