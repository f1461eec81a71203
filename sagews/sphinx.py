"""The extension of Sphinx: the directive `sagews-cell`, which puts a live cell into a book.

In `conf.py`: `extensions = ["sagews.sphinx"]` and `sagews_site = "https://sage.example.org/"`. A cell becomes the
element `<sagews-cell>` around its code in HTML, which loads the script of the site on the pages that have one; in all
other formats, and where there is no script, it is a block of code like any other, with the output that it should have.
"""

from html import escape
from typing import Any, ClassVar
from urllib.parse import urlsplit

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from sagews import __version__
from sagews.protocol.languages import LANGUAGES

_LEXERS = {
    "sage": "python",
    "gp": "text",
    "maxima": "maxima",
    "macaulay2": "macaulay2",
    "singular": "text",
    "html": "html",
}
"""What Pygments calls a language, where that is not its own name."""
_FLAGS = ("autoevaluate", "readonly", "setup")
_TEXTS = ("language", "session", "label")
EXPECTED = "%%"
"""A line of it alone stands between the code of a cell and the output that is expected of it."""


class CellBlock(nodes.General, nodes.Element):
    """A cell: holds the block of its code and, if there is one, that of its expected output."""


class CellDirective(SphinxDirective):
    """`.. sagews-cell::`, whose content is the code."""

    has_content = True
    option_spec: ClassVar[Any] = {
        "language": lambda name: directives.choice(name, LANGUAGES),
        "session": directives.unchanged_required,
        "label": directives.unchanged_required,
        **dict.fromkeys(_FLAGS, directives.flag),
    }

    def run(self) -> list[nodes.Node]:
        """Return the cell. A directive without code is an error of the book."""
        lines = list(self.content)
        place = lines.index(EXPECTED) if EXPECTED in lines else len(lines)
        code, expected = ("\n".join(part).strip("\n") for part in (lines[:place], lines[place + 1 :]))
        if not code:
            raise self.error("This cell has no code: indent some lines below `.. sagews-cell::`.")
        cell = CellBlock(**self.options)
        language = self.options.get("language", "sage")
        block = nodes.literal_block(code, code, language=_LEXERS.get(language, language), force=True)
        cell += block
        if expected:
            cell += nodes.literal_block(expected, expected, language="text", classes=["expected"])
        for part in (cell, *cell.children):
            self.set_source_info(part)
        return [cell]


def begin_cell(writer: HTML5Translator, cell: CellBlock) -> None:
    """Write a cell as HTML, whose element takes the code out of its `<pre>`."""
    given = [f' {name}="{escape(cell[name])}"' for name in _TEXTS if name in cell]
    given += [f" {name}" for name in _FLAGS if name in cell]
    code, *expected = cell.children
    writer.body.append(f"<sagews-cell{''.join(given)}>\n<pre>{escape(code.astext())}</pre>\n")
    writer.body += [f'<pre slot="expected">{escape(each.astext())}</pre>\n' for each in expected]
    writer.body.append("</sagews-cell>\n")
    raise nodes.SkipNode


def pass_by(_writer: nodes.NodeVisitor, _cell: CellBlock) -> None:
    """Other formats have the blocks within a cell, and nothing of the cell."""


def load_script(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Have a page with cells load the site's script."""
    if doctree is not None and next(doctree.findall(CellBlock), None) is not None:
        app.add_js_file(_site(app.config.sagews_site) + "embed.js", type="module")


def check_site(_app: Sphinx, config: Any) -> None:
    """Refuse an address that no browser could ask. Raises ConfigError."""
    _site(config.sagews_site)


def _site(address: str) -> str:
    """Return the address of the site, with a slash at its end. Raises ConfigError."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(
            f"sagews_site is {address!r}, which is no address of a site; set it in conf.py, as 'https://sage.example.org/'"
        )
    return address.rstrip("/") + "/"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Make the directive known to Sphinx."""
    app.add_config_value("sagews_site", "", "html", types=frozenset({str}))
    plain = (pass_by, pass_by)
    app.add_node(CellBlock, html=(begin_cell, None), latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_directive("sagews-cell", CellDirective)
    app.connect("config-inited", check_site)
    app.connect("html-page-context", load_script)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
