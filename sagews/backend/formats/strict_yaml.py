"""YAML as jupytext reads it, without what a few lines of it can become: references, depth, size.

jupytext has no setting for it, so `install` gives its modules this in place of
PyYAML's module; what is not refused is what PyYAML makes of it.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from sagews.errors import FormatError

MOST_DEPTH = 50
"""Lists and mappings within each other: libyaml's loader, in C, has a stack that ends."""
MOST_YAML = 256 << 10
"""Characters of one part."""

_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map"))}
"""What a value may be said to be: what JSON has. A set would be written in another order each time."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StrictYaml:
    """Stands for the module `yaml` where others look for it."""

    def __getattr__(self, name: str) -> Any:
        """Return what the module itself has."""
        return getattr(yaml, name)

    def safe_load(self, text: str) -> Any:
        """Return the value of a text. Raises FormatError for what is refused, and as PyYAML does."""
        _check(text)
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - it is a safe one

    def safe_load_all(self, text: str) -> Iterator[Any]:
        """Yield the value of each document in a text; raises as `safe_load` does."""
        _check(text)
        yield from yaml.load_all(text, Loader=_LOADER)


def install() -> None:
    """Have jupytext read YAML in this way; twice is harmless."""
    from jupytext import formats, header, myst

    for module in (formats, header, myst):
        module.yaml = StrictYaml()


def _check(text: str) -> None:
    if len(text) > MOST_YAML:
        raise FormatError(f"has more than {MOST_YAML >> 10} KiB of YAML in one place", "text", "make it two")
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise FormatError("has YAML with references, which are not read", "text", "write out what they stand for")
        if (tag := getattr(event, "tag", None)) not in _TAGS:
            what = f"has YAML with the tag {str(tag)[:60]!r}, which is not read"
            raise FormatError(what, "text", "write it as text, a number, a list or a mapping")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise FormatError(f"has YAML more than {MOST_DEPTH} deep", "text")
