"""Outputs of a cell as HTML of a static page: the best form of each that needs no script."""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

from sagews.backend.formats.cell import without_surrogates
from sagews.backend.formats.markdown import Markdown
from sagews.backend.formats.mathml import mathml
from sagews.backend.formats.sanitised import sanitised
from sagews.backend.formats.terminal_text import MOST_SHOWN, terminal_text

MOST_HTML = 4 << 20
"""Characters of one output of HTML that are sanitised."""
MOST_PICTURE = 16 << 20
"""Characters of one picture."""

_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_FORMULA = re.compile(r"\s*(?:\$\$(.+)\$\$|\$(.+)\$|\\\[(.+)\\\]|\\\((.+)\\\)|(\\begin\{.+\}))\s*", re.DOTALL)
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def output_html(text: str, markdown: Markdown) -> str:
    """Return an output, by its JSON, as safe HTML; empty if it shows nothing."""
    output = json.loads(text, parse_int=str, parse_float=str)
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return f'<pre class="{name}">{_text(joined(output.get("text")), markdown)}</pre>'
    if kind == "error":
        lines = output.get("traceback")
        said = "\n".join(map(str, lines)) if lines else f"{output.get('ename')}: {output.get('evalue')}"
        return f'<pre class="error">{_text(said, markdown)}</pre>'
    data = output.get("data")
    return _best(data, markdown) if isinstance(data, dict) else ""


def picture(mime: str, data: str) -> str:
    """Return the data URL of a picture in base64; empty if it is none, or too large."""
    fits = mime in _PICTURES and len(data) <= MOST_PICTURE and _BASE64.fullmatch(data)
    return f"data:{mime};base64,{''.join(data.split())}" if fits else ""


def drawing(svg: str) -> str:
    """Return the data URL of an SVG. Within `img` a browser runs no script of it and loads nothing for it."""
    from base64 import b64encode

    data = b64encode(svg.encode("utf-8", "replace")).decode()
    return f"data:image/svg+xml;base64,{data}" if len(data) <= MOST_PICTURE else ""


def joined(value: Any) -> str:
    """Return text that may stand in lines, as text that can be UTF-8."""
    text = "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
    return without_surrogates(text)


def _best(data: Mapping[str, Any], markdown: Markdown) -> str:
    for mime, shown in _forms(markdown).items():
        if mime in data and (html := shown(joined(data[mime]))):
            return html
    if "text/plain" in data:
        return f"<pre>{_text(joined(data['text/plain']), markdown)}</pre>"
    names = ", ".join(sorted(map(str, data)))[:200]
    return f'<p class="missing">{escape(names)}: a page without scripts cannot show it.</p>' if names else ""


def _forms(markdown: Markdown) -> Mapping[str, Callable[[str], str]]:
    """Return how each form is shown, the best first; each gives nothing where it cannot."""
    return {
        "text/html": lambda text: _html(text, markdown),
        "text/markdown": markdown.render,
        "image/svg+xml": lambda text: _image(drawing(text)) if text else "",
        **{mime: partial(_picture, mime) for mime in _PICTURES},
        "text/latex": lambda text: _latex(text, markdown),
    }


def _text(text: str, markdown: Markdown) -> str:
    # Beyond what is looked through, colours are not.
    return terminal_text(text) if markdown.output.takes(len(text)) else escape(text[:MOST_SHOWN])


def _html(text: str, markdown: Markdown) -> str:
    html = sanitised(text) if len(text) <= MOST_HTML and markdown.output.takes(len(text)) else ""
    # What needed a script leaves nothing that can be read: another form says more.
    return html if re.sub(r"<(?!img\b|hr\b)[^>]*>|\s", "", html) else ""


def _picture(mime: str, text: str) -> str:
    return _image(picture(mime, text))


def _image(url: str) -> str:
    return f'<img src="{url}" alt="output">' if url else ""


def _latex(text: str, markdown: Markdown) -> str:
    found = _FORMULA.fullmatch(text) if markdown.rendered.takes(len(text)) else None
    if found is None:
        return f"<pre>{_text(text, markdown)}</pre>"
    formula = next(part for part in found.groups() if part)
    return f'<div class="formula">{mathml(formula.strip(), block=True)}</div>'
