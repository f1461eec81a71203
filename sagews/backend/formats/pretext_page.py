"""A notebook as a PreTeXt section: code as `<sage>` elements with their text, Markdown as PreTeXt's own elements."""

import json
import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from markdown_it.token import Token

from sagews.backend.formats.budget import Budget
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.environments import NAME
from sagews.backend.formats.html_outputs import joined
from sagews.backend.formats.markdown import MOST_MARKDOWN, MOST_RENDERED, parser
from sagews.backend.formats.notebook import Notebook
from sagews.protocol.languages import spoken

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_LANGUAGES = {"ipython": "python", "python3": "python", "ipython3": "python", "sagemath": "sage"}
_PAIRS = {
    "paragraph_open": "<p>",
    "paragraph_close": "</p>",
    "bullet_list_open": "<p><ul>",
    "bullet_list_close": "</ul></p>",
    "ordered_list_open": "<p><ol>",
    "ordered_list_close": "</ol></p>",
    "list_item_open": "<li>",
    "list_item_close": "</li>",
    "blockquote_open": "<blockquote>",
    "blockquote_close": "</blockquote>",
    "table_open": "<sidebyside><tabular>",
    "table_close": "</tabular></sidebyside>",
    "tr_open": "<row>",
    "tr_close": "</row>",
    "th_open": "<cell>",
    "th_close": "</cell>",
    "td_open": "<cell>",
    "td_close": "</cell>",
    "em_open": "<em>",
    "em_close": "</em>",
    "strong_open": "<alert>",
    "strong_close": "</alert>",
    "link_close": "</url>",
    "softbreak": "\n",
    "hardbreak": "\n",
}
"""Elements by the tokens of Markdown. What has none is left out, and what is within it stays."""


def write(notebook: Notebook, title: str = "Notebook") -> bytes:
    """Return a notebook as one `<section>`, with a `<paragraphs>` for each heading after the first."""
    metadata = json.loads(notebook.metadata, parse_int=str, parse_float=str)
    language = _language(metadata)
    parts: list[str] = []
    headings: list[str] = []
    budget = Budget(MOST_RENDERED)
    for cell in notebook.cells:
        if cell.cell_type is CellType.CODE:
            parts.append(_sage(cell, language))
        elif cell.cell_type is CellType.MARKDOWN and _is_rendered(cell.source, budget):
            parts += _elements(cell.source, headings)
        else:
            parts.append(f"<pre>{_text(cell.source)}</pre>")
    end = "</paragraphs>\n" if len(headings) > 1 else ""
    named = headings[0] if headings else _text(title)
    body = "\n".join(parts)
    page = f'<?xml version="1.0" encoding="UTF-8"?>\n<section>\n<title>{named}</title>\n{body}\n{end}</section>\n'
    return page.encode()


def _is_rendered(source: str, budget: Budget) -> bool:
    return len(source) <= MOST_MARKDOWN and budget.takes(len(source))


def _language(metadata: dict[str, object]) -> str:
    for name, key in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(name)
        if isinstance(part, dict) and isinstance(found := part.get(key), str) and found:
            return _LANGUAGES.get(found.lower(), found.lower())
    return "sage"


def _sage(cell: Cell, language: str) -> str:
    shown = "".join(_shown(output) for output in cell.outputs).rstrip("\n")
    output = f"\n<output>\n{_text(shown)}\n</output>" if shown else ""
    said, rest = spoken(cell.source) if cell.source.startswith("%%") else ("", cell.source)
    return f"<sage language={quoteattr(_clean(said or language))}>\n<input>\n{_text(rest)}\n</input>{output}\n</sage>"


def _shown(output: str) -> str:
    """Return what an output says in text; PreTeXt compares it, and shows no other form."""
    value = json.loads(output, parse_int=str, parse_float=str)
    if value.get("output_type") == "stream":
        return joined(value.get("text")) if value.get("name") != "stderr" else ""
    data = value.get("data")
    text = joined(data.get("text/plain")) if isinstance(data, dict) else ""
    return text + "\n" if text else ""


def _elements(source: str, headings: list[str]) -> Iterator[str]:
    """Yield the elements of a Markdown cell. The first heading is the section's title, each other begins a part."""
    for block in _blocks(parser().parse(source)):
        if block[0].type != "heading_open":
            yield "".join(map(_element, block))
            continue
        headings.append(_inline(block[1].children or ()))
        if len(headings) > 1:
            end = "</paragraphs>\n" if len(headings) > 2 else ""
            yield f"{end}<paragraphs>\n<title>{headings[-1]}</title>"


def _blocks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each block that is within no other."""
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []


def _element(token: Token) -> str:
    if token.type == "inline":
        return _inline(token.children or ())
    if token.type in ("fence", "code_block"):
        return f"<pre>{_text(token.content)}</pre>"
    if token.type in ("math_block", NAME):
        return f"<p><me>{_text(token.content.strip())}</me></p>"
    return _PAIRS.get(token.type, "")


def _inline(tokens: Sequence[Token]) -> str:
    parts = []
    for token in tokens:
        if token.type in ("math_inline", "math_inline_double"):
            parts.append(f"<m>{_text(token.content)}</m>")
        elif token.type == "code_inline":
            parts.append(f"<c>{_text(token.content)}</c>")
        elif token.type == "link_open":
            parts.append(f"<url href={quoteattr(_clean(str(token.attrs.get('href', ''))))}>")
        elif token.type in ("text", "image"):
            parts.append(_text(token.content))
        else:
            parts.append(_PAIRS.get(token.type, ""))
    return "".join(parts)


def _text(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    """Return text without sequences of a terminal, and with a mark for what XML cannot have."""
    return _NOT_XML.sub("\ufffd", _SEQUENCE.sub("", text))
