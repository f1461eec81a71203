"""HTML of others as a page can have it: it runs nothing and loads nothing, whoever wrote it."""

import re

import nh3

from sagews.backend.formats.html_depth import is_deep

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
_SECTION = re.compile(r"section-\d+")
"""Ids that headings have here; others could be taken for something of the page."""


def sanitised(html: str) -> str:
    """Return HTML without scripts, forms, frames and styles of pages, and with pictures only that it brings along.

    Such a picture is a browser's business: an SVG within `img` runs no script and loads nothing. Empty for HTML
    whose elements are too deep within each other.
    """
    return _CLEANER.clean(html) if not is_deep(html) else ""


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
