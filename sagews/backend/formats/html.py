"""A notebook as a static page: one file that runs nothing, loads nothing, and can be read, printed and kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import accumulate
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.highlighted import highlighted
from sagews.backend.formats.html_outputs import drawing, joined, output_html, picture
from sagews.backend.formats.imprint import Imprint, live_link
from sagews.backend.formats.markdown import Heading, Markdown, as_written
from sagews.backend.formats.notebook import Notebook
from sagews.protocol.languages import spoken

MOST_MARKED = 2_000_000
"""Characters from the beginning of a notebook within which the words of sources are marked by kind."""

MOST_RUNNING = 80
"""Characters of the title at the head of each sheet of paper."""

_LIVE = {"python", "python3", "ipython", "ipython3", "sage", "sagemath"}
"""Languages whose cells can be evaluated here."""


@dataclass(frozen=True)
class _Shown:
    """A cell as the page has it."""

    kind: str
    html: Markup
    """Of a code cell the source, of others all."""
    wide: bool
    """Whether it may be wider than the page; then it scrolls, and those who use a keyboard have to come to it."""
    count: int | None
    outputs: list[Markup]
    source_hidden: bool
    outputs_hidden: bool
    live: str
    """Where its code can be evaluated; empty if it cannot."""


def write(notebook: Notebook, title: str = "") -> bytes:
    """Return a notebook as a page. Without a title it has that of its metadata, or its first heading."""
    return _written(notebook, title or "", None)[1]


def publication(notebook: Notebook, imprint: Imprint) -> tuple[str, bytes]:
    """Return the title of a notebook that is published, and its page: with imprint, and a way to evaluate each cell."""
    return _written(notebook, imprint.title, imprint)


def _written(notebook: Notebook, title: str, imprint: Imprint | None) -> tuple[str, bytes]:
    metadata = _parsed(notebook.metadata)
    language = _text(metadata, "language_info", "name") or _text(metadata, "kernelspec", "language") or "python"
    markdown = Markdown()
    sizes = accumulate(len(cell.source) for cell in notebook.cells)
    cells = [
        _shown(cell, language, markdown, marked=size <= MOST_MARKED, lives=imprint is not None)
        for cell, size in zip(notebook.cells, sizes, strict=True)
    ]
    named = title or _text(metadata, "title") or next((each.text for each in markdown.headings), "")
    named = named or (imprint.name if imprint is not None else "Notebook")
    page = _template().render(
        title=named,
        running=_css_text(named),
        cells=cells,
        headings=_contents(markdown.headings),
        imprint=imprint,
        titled=any(each.level == 1 for each in markdown.headings),
    )
    return named, page.encode("utf-8", "replace")


def _shown(cell: Cell, language: str, markdown: Markdown, *, marked: bool, lives: bool) -> _Shown:
    hidden = _parsed(cell.metadata).get("jupyter")
    hidden = hidden if isinstance(hidden, dict) else {}
    if cell.cell_type is CellType.CODE:
        html = highlighted(cell.source, spoken(cell.source)[0] or language) if marked else escape(cell.source)
    elif cell.cell_type is CellType.MARKDOWN:
        html = markdown.render(cell.source, _pictures(cell.attachments))
    else:
        html = as_written(cell.source)
    outputs = [output_html(output, markdown) for output in cell.outputs]
    return _Shown(
        kind=cell.cell_type.value,
        html=Markup(html),  # noqa: S704 - each of the three above escapes or sanitises
        wide=any(part in html for part in ("<table", "<pre", '<span class="formula"')),
        count=cell.execution_count,
        outputs=[Markup(output) for output in outputs if output],  # noqa: S704 - as `output_html` says
        source_hidden=hidden.get("source_hidden") is True,
        outputs_hidden=hidden.get("outputs_hidden") is True,
        live=live_link(cell.source) if lives and cell.cell_type is CellType.CODE and language in _LIVE else "",
    )


def _pictures(attachments: str | None) -> dict[str, str]:
    """Return the data URLs of attached pictures by name."""
    found = {}
    for name, bundle in _parsed(attachments or "{}").items():
        for mime, data in bundle.items() if isinstance(bundle, dict) else ():
            text = joined(data)
            found[name] = drawing(text) if mime == "image/svg+xml" else picture(mime, text)
    return found


def _contents(headings: list[Heading]) -> list[Heading]:
    """Return the headings for the list of contents: none if there is only one."""
    return headings if len(headings) > 1 else []


def _css_text(text: str) -> str:
    """Return a text as it can stand in quotes in a style: every character by its number (CSS Syntax, 4.3.7)."""
    return "".join(f"\\{ord(character):06x}" for character in text[:MOST_RUNNING])


def _parsed(text: str) -> dict[str, Any]:
    value = json.loads(text, parse_int=str, parse_float=str)
    return value if isinstance(value, dict) else {}


def _text(value: Mapping[str, Any], *path: str) -> str:
    """Return a text deep within metadata; empty if there is none."""
    found: Any = value
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


@cache
def _template() -> Template:
    loader = PackageLoader("sagews.backend.formats", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("page.html")
