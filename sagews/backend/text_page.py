"""The frame of a page that is text, which loads its style and nothing else. Thinking only, no I/O."""

from collections.abc import Iterable
from html import escape

from sagews.backend.languages.speech import spoken
from sagews.backend.style import Style


def text_page(title: str, style: Style, body: Iterable[str], *, every: float | None = None) -> str:
    """Return the page; `body` is markup.

    The browser asks for it anew after `every` seconds, if that is given.
    """
    refresh = () if every is None else (f'<meta http-equiv="refresh" content="{every:.0f}">',)
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{spoken()}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            *refresh,
            f"<title>sagews: {escape(title)}</title>",
            style.links,
            "</head>",
            "<body>",
            '<header><a class="name" href="/">sagews</a></header>',
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )
