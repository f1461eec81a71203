"""HTML of others as a page can have it: it runs nothing and loads nothing, whoever wrote it."""

import re
from collections import Counter

import nh3

MOST_DEPTH = 250
"""Elements within each other: the parser's time grows with the square of it."""

_TABLES = {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"}
_BLOCKS = {"p", "div", "hr", "br", "pre", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary"}
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption"}
_WORDS = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "samp"}
_WORDS |= {"small", "span", "strong", "sub", "sup", "u", "var", "img"}
_ATTRIBUTES = {
    "*": {"title", "dir", "lang", "style", "id"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "col": {"span"},
    "colgroup": {"span"},
}
_STYLES = {"text-align", "vertical-align", "font-weight", "font-style", "color", "background-color", "white-space"}
_LOADS = re.compile(r"url|image|\\|/\*", re.IGNORECASE)
"""What a style would need in order to load something."""
_LINK = re.compile(r"https?://[^\s]+|mailto:[^\s]+|#[\w.-]+", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_CLOSED_BY_OTHERS = {"p", "li", "dt", "dd", "td", "th", "tr", "option", "br", "hr", "img", "col", "input", "wbr"}
"""Elements that need no end: one does not lie within another of its name, but for what is counted."""
_SECTION = re.compile(r"section-\d+")
"""Ids that headings have here; others could be taken for something of the page."""


def sanitised(html: str) -> str:
    """Return HTML without scripts, forms, frames and styles of pages, and with pictures only that it brings along.

    Such a picture is a browser's business: an SVG within `img` runs no script and loads nothing. Empty for HTML
    whose elements are too deep within each other.
    """
    return _CLEANER.clean(html) if not _is_deep(html) else ""


def _is_deep(html: str) -> bool:
    """Return whether too many elements may be open at once, where each end closes one of its own name at most."""
    open_now: Counter[str] = Counter()
    depth = 0
    for found in _TAG.finditer(html):
        end, name = found[1], found[2].lower()
        if name in _CLOSED_BY_OTHERS:
            continue
        if not end:
            open_now[name] += 1
            depth += 1
            if depth > MOST_DEPTH:
                return True
        elif open_now[name]:
            open_now[name] -= 1
            depth -= 1
    return False


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value, or None if the attribute goes."""
    if attribute == "style":
        return None if _LOADS.search(value) else value
    allowed = {"href": _LINK, "src": _PICTURE, "id": _SECTION}.get(attribute)
    return value if allowed is None or allowed.fullmatch(value.strip()) else None


_CLEANER = nh3.Cleaner(
    tags=_TABLES | _BLOCKS | _WORDS,
    clean_content_tags={
        "script",
        "style",
        "template",
        "iframe",
        "object",
        "noscript",
        "textarea",
        "title",
        "svg",
        "math",
    },
    attributes=_ATTRIBUTES,
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto", "data"},
    link_rel="noopener noreferrer nofollow",
    filter_style_properties=_STYLES,
)
