"""The style sheets of a page, in the appearance that its reader has chosen. Thinking only, no I/O.

The backend chooses which sheet the page links for which media, so that no page
is shown in one appearance first and in the other then, and none needs a script.
"""

from dataclasses import dataclass, replace
from html import escape

from sagews.backend.reader import Reader
from sagews.database.appearance import Appearance

PAPER = {Appearance.LIGHT: "#f7f6f3", Appearance.DARK: "#15181b"}
"""`--paper` of `web/src/colours.css` and `web/src/dark.css`: what surrounds the page has its colour."""
DARK_MEDIA = "(prefers-color-scheme: dark)"


@dataclass(frozen=True, slots=True)
class Style:
    """The style sheets of one page, as addresses."""

    sheet: str
    """Its own; with it alone the page is light."""
    dark: str
    """The dark colours, to be laid over it."""
    appearance: Appearance = Appearance.SYSTEM

    def seen_by(self, reader: Reader) -> "Style":
        """Return the style in which a reader wants to see the page."""
        return replace(self, appearance=reader.appearance)

    @property
    def links(self) -> str:
        """What the head of the page has of it, as markup."""
        return f'<link rel="stylesheet" href="{escape(self.sheet)}">\n{appearance_links(self.appearance, self.dark)}'


def appearance_links(appearance: Appearance, dark: str) -> str:
    """Return what the head of a page has after its own style sheet; `dark`: the address of the dark colours."""
    if appearance is Appearance.SYSTEM:
        lines = (
            '<meta name="color-scheme" content="light dark">',
            f'<meta name="theme-color" media="(prefers-color-scheme: light)" content="{PAPER[Appearance.LIGHT]}">',
            f'<meta name="theme-color" media="{DARK_MEDIA}" content="{PAPER[Appearance.DARK]}">',
            f'<link rel="stylesheet" href="{escape(dark)}" media="{DARK_MEDIA}">',
        )
        return "\n".join(lines)
    # Paper is light, whatever is chosen.
    dark_link = f'<link rel="stylesheet" href="{escape(dark)}" media="screen">'
    link = (dark_link,) if appearance is Appearance.DARK else ()
    lines = (
        f'<meta name="color-scheme" content="{appearance}">',
        f'<meta name="theme-color" content="{PAPER[appearance]}">',
        *link,
    )
    return "\n".join(lines)
