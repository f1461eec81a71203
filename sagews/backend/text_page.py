"""The frame of a page that is text, which loads one style sheet and nothing else. Thinking only, no I/O."""

from collections.abc import Iterable
from html import escape


def text_page(title: str, style: str, body: Iterable[str], *, every: float | None = None) -> str:
    """Return the page; `style` is the address of its style sheet, `body` is markup.

    The browser asks for it anew after `every` seconds, if that is given.
    """
    refresh = () if every is None else (f'<meta http-equiv="refresh" content="{every:.0f}">',)
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            *refresh,
            f"<title>sagews: {escape(title)}</title>",
            f'<link rel="stylesheet" href="{escape(style)}">',
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
