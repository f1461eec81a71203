"""The page that says why a sign-in came to nothing. Thinking only, no I/O.

It has the site's own words alone: what a provider or an address says of the
fault may be anybody's.
"""

from html import escape
from urllib.parse import urlencode

from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.languages.speech import say as _
from sagews.backend.sign_in.next import HOME
from sagews.backend.style import Style
from sagews.backend.text_page import text_page


def refusal_page(what: str, todo: str, style: Style, onward: str = HOME) -> str:
    """Return the page; `onward` is where they want to go, one of our paths."""
    again = SIGN_IN if onward == HOME else f"{SIGN_IN}?{urlencode({'next': onward})}"
    body = (
        f"<h1>{_('Sign-in failed')}</h1>",
        f"<p>{escape(what)}</p>",
        f"<p>{escape(todo)}</p>",
        f'<p><a href="{escape(again)}">{_("Sign in")}</a> · <a href="{HOME}">{_("Go on without")}</a></p>',
    )
    return text_page(_("Sign-in failed"), style, body)
