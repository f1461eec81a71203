"""Markdown of a notebook's cells as HTML: CommonMark with tables and LaTeX, headings that can be linked to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from itertools import pairwise
from types import MethodType
from typing import Any, cast
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from sagews.backend.formats.budget import Budget
from sagews.backend.formats.environments import NAME, environments
from sagews.backend.formats.mathml import mathml
from sagews.backend.formats.sanitised import sanitised
from sagews.backend.formats.tables import cells_of_tables

MOST_MARKDOWN = 20_000
"""Characters of a cell that are rendered; a longer one is shown as it is written: time can grow with the square."""
MOST_RENDERED = 1_000_000
"""Characters of all Markdown and LaTeX that is rendered for one page."""
MOST_CELLS = 20_000
"""Cells of all tables that are rendered for one page: some 2 seconds."""
MOST_OUTPUT = 16 << 20
"""Characters of all HTML and text of outputs that is looked through for one page."""
_FORMULAS = {"math_inline": False, "math_inline_double": True, "math_block": True, NAME: True}
"""Tokens that are formulas, and whether each stands in a block of its own."""


@dataclass(frozen=True)
class Heading:
    """A heading of the page."""

    level: int
    """1 to 6."""
    text: str
    id: str


def parser() -> MarkdownIt:
    """Return a parser of Markdown as cells have it."""
    found = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return found.use(dollarmath_plugin, double_inline=True).use(environments)


class Markdown:
    """Renders the Markdown of one page, cell after cell, and keeps its headings."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._parser = parser()
        self._renderer = cast(RendererHTML, self._parser.renderer)
        self.rendered = Budget(MOST_RENDERED)
        self.output = Budget(MOST_OUTPUT)
        self._cells = Budget(MOST_CELLS)
        self._formulas: list[str] = []
        self._mark = ""
        for name in _FORMULAS:
            self._renderer.rules[name] = cast(MethodType, self._formula)

    def render(self, source: str, pictures: Mapping[str, str] | None = None) -> str:
        """Return safe HTML. `pictures` are data URLs of what the cell has attached, by name."""
        if len(source) > MOST_MARKDOWN or not self.rendered.takes(len(source)):
            return as_written(source)
        if not self._cells.fits(cells := cells_of_tables(source)):
            return as_written(source)
        self._cells.takes(cells)
        pictures = pictures or {}
        # Formulas are put in after the rest was sanitised. What is shown cannot have its own digest in it.
        digest = sha256("\0".join((source, *pictures.values())).encode()).hexdigest()
        self._mark = f"f{digest}x"
        self._formulas = []
        tokens = self._parser.parse(source)
        self._mark_headings(tokens)
        for token in _all(tokens):
            if token.type == "image" and (name := str(token.attrs.get("src", ""))).startswith("attachment:"):
                name = name.removeprefix("attachment:")
                # The parser has escaped what an address cannot have.
                token.attrs["src"] = pictures.get(name) or pictures.get(unquote(name), "")
        html = sanitised(self._renderer.render(tokens, self._parser.options, {}))
        if not html and source.strip():
            return as_written(source)
        return re.sub(rf"{self._mark}(\d+)x", lambda found: self._formulas[int(found[1])], html)

    def _mark_headings(self, tokens: Sequence[Token]) -> None:
        for token, inline in pairwise(tokens):
            if token.type == "heading_open":
                heading = Heading(int(token.tag[1]), _plain(inline), f"section-{len(self.headings) + 1}")
                token.attrs["id"] = heading.id
                self.headings.append(heading)

    def _formula(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        token = tokens[index]
        block = _FORMULAS[token.type]
        found = mathml(token.content.strip(), block=block)
        self._formulas.append(f'<span class="formula">{found}</span>' if block else found)
        return f"{self._mark}{len(self._formulas) - 1}x"


def as_written(source: str) -> str:
    """Return text as HTML that shows it letter by letter."""
    return f"<pre>{escape(source)}</pre>"


def _all(tokens: Sequence[Token]) -> Sequence[Token]:
    return [each for token in tokens for each in (token, *(token.children or ()))]


def _plain(inline: Token) -> str:
    kept = [child for child in inline.children or () if child.type != "html_inline"]
    return "".join(child.content if child.type != "softbreak" else " " for child in kept).strip()
