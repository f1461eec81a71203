"""Pieces of the pages of accounts: forms of a few fields, that need no script. Thinking only, no I/O."""

import time
from collections.abc import Iterable, Mapping
from html import escape

from sagews.backend.style import Style
from sagews.backend.text_page import text_page


def form(action: str, label: str, fields: Mapping[str, str] = {}, *, more: Iterable[str] = ()) -> str:
    """Return a form with a button, hidden fields and, as markup, fields that are seen."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    return (
        f'<form method="post" action="{escape(action)}">{hidden}{"".join(more)}<button>{escape(label)}</button></form>'
    )


def field(name: str, label: str, value: str = "", *, kind: str = "text", hint: str = "") -> str:
    """Return a field with its label."""
    told = f' autocomplete="{hint}"' if hint else ""
    return (
        f'<label>{escape(label)} <input type="{kind}" name="{escape(name)}" value="{escape(value)}"'
        f' maxlength="200"{told}></label>'
    )


def choice(name: str, label: str, options: Mapping[str, str], chosen: str) -> str:
    """Return a choice among values, each with what it is called."""
    lines = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(called)}</option>'
        for value, called in options.items()
    )
    return f'<label>{escape(label)} <select name="{escape(name)}">{lines}</select></label>'


def moment(seconds: float) -> str:
    """Return a moment, in seconds since the epoch, to the minute and in UTC."""
    words = time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
    return f'<time datetime="{words.replace(" ", "T")}Z">{words}</time> UTC'


def page(title: str, style: Style, body: Iterable[str]) -> str:
    """Return a page about accounts; `body` is markup."""
    return text_page(title, style, (f"<h1>{escape(title)}</h1>", *body))
