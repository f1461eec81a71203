"""The pages below `/sign-in`. Thinking only, no I/O."""

from html import escape

from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.accounts.markup import field, form, page
from sagews.database.registration import Refusal

ADVICE = {
    Refusal.DISABLED: "Who runs the site has closed it; ask them.",
    Refusal.CLOSED: "This site gives no new accounts. If you have one, sign in the way that you did before.",
    Refusal.UNINVITED: "Open the whole address of the invitation that you got, or ask who runs the site for one.",
    Refusal.OTHERS: "Sign in with the address to which it was sent.",
    Refusal.DOMAIN: "Sign in with an address of your school or company that the provider has verified.",
    Refusal.TAKEN: "Sign in with it instead, or remove it from the other account first.",
    Refusal.USED: "Ask who gave it to you for a new one.",
}
"""What to do about each refusal."""


def sign_in_page(style: str, *, called: str) -> str:
    """Return the page on which one signs in; `called`: as whom one is already, if so."""
    if called:
        return page(
            "You are signed in",
            style,
            (
                f'<p>As {escape(called)}. <a href="/account">Your account</a> · <a href="/">Evaluate</a></p>',
                form("/sign-out", "Sign out"),
            ),
        )
    return page(
        "Sign in",
        style,
        (
            "<p>Open the whole address of the sign-in link or of the invitation that you got."
            " Who runs the site hands them out, with <code>sagews admin users link</code>.</p>",
        ),
    )


def link_page(style: str, token: str) -> str:
    """Return the page of a sign-in link."""
    return page(
        "Sign in",
        style,
        (
            "<p>This link signs this browser in, once.</p>",
            form(f"{SIGN_IN}/link", "Sign in", {"token": token}),
        ),
    )


def invited_page(style: str, token: str) -> str:
    """Return the page of an invitation."""
    name = field("name", "Your name", hint="name")
    return page(
        "You are invited",
        style,
        (
            "<p>With this you get an account on this site, and this browser is signed in.</p>",
            form(f"{SIGN_IN}/invitation", "Get an account", {"token": token}, more=(name,)),
        ),
    )


def refused_page(style: str, refusal: Refusal) -> str:
    """Return the page that says why somebody does not come in, and what to do."""
    return page(
        "Not signed in",
        style,
        (
            f"<p>{escape(refusal.value[0].upper() + refusal.value[1:])}. {ADVICE[refusal]}</p>",
            f'<p><a href="{SIGN_IN}">Sign in</a></p>',
        ),
    )
