"""The pages below `/sign-in`. Thinking only, no I/O."""

from collections.abc import Mapping
from html import escape

from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.accounts.markup import field, form, page
from sagews.backend.style import Style
from sagews.database.registration import Refusal

ADVICE = {
    Refusal.DISABLED: "Who runs the site has closed it; ask them.",
    Refusal.CLOSED: "This site gives no new accounts. If you have one, sign in the way that you did before.",
    Refusal.UNINVITED: "Open the whole address of the invitation that you got, or ask who runs the site for one.",
    Refusal.OTHERS: "Sign in with the address to which it was sent.",
    Refusal.DOMAIN: "Sign in with an address of your school or company that the provider has verified.",
    Refusal.TAKEN: "Sign in with it instead, or remove it from the other account first.",
    Refusal.OTHER_PERSON: "You are still signed in as before: use a way to sign in that your account has.",
    Refusal.ENDED: "Sign in first, then do it again.",
    Refusal.USED: "Ask who gave it to you for a new one.",
}
"""What to do about each refusal."""


def sign_in_page(style: Style, providers: Mapping[str, str], onward: str) -> str:
    """Return the page on which one signs in; `providers`: what each name is called; `onward`: where one goes then."""
    links = (
        "<p>Open the whole address of the sign-in link or of the invitation that you got."
        " Who runs the site hands them out.</p>"
    )
    with_providers = (*provider_forms(providers, {"next": onward}), "<h2>With a link</h2>") if providers else ()
    return page("Sign in", style, (*with_providers, links))


def signed_in_page(style: Style, called: str, onward: str) -> str:
    """Return the page for somebody who is signed in already."""
    return page(
        "You are signed in",
        style,
        (
            f'<p>As {escape(called)}. <a href="{escape(onward)}">Go on</a> · <a href="/account">Your account</a></p>',
            form("/sign-out", "Sign out"),
        ),
    )


def again_page(style: Style, providers: Mapping[str, str], called: str, onward: str) -> str:
    """Return the page for somebody who is signed in, and has to do so again for what they want to do.

    `providers`: those by which they sign in to this account, and no others.
    """
    told = (
        f"<p>You are signed in as {escape(called)}, since a while. What you want to do gives others a way in, so show"
        " once more that it is you; then do it again.</p>"
    )
    link = (
        "<p>Open a new sign-in link. Who runs the site hands them out; on its machine, "
        "<code>sagews admin users link</code> does. It leads to the first page: come back from there.</p>"
    )
    return page(
        "Sign in again",
        style,
        (
            told,
            *provider_forms(providers, {"again": "1", "next": onward}),
            link,
            f'<p><a href="{escape(onward)}">Back</a></p>',
        ),
    )


def provider_forms(providers: Mapping[str, str], fields: Mapping[str, str], word: str = "Sign in with") -> list[str]:
    """Return a button for each provider."""
    return [form(f"{SIGN_IN}/{name}", f"{word} {label}", fields) for name, label in providers.items()]


def link_page(style: Style, token: str) -> str:
    """Return the page of a sign-in link."""
    return page(
        "Sign in",
        style,
        (
            "<p>This link signs this browser in, once.</p>",
            form(f"{SIGN_IN}/link", "Sign in", {"token": token}),
        ),
    )


def invited_page(style: Style, providers: Mapping[str, str], token: str) -> str:
    """Return the page of an invitation."""
    name = field("name", "Your name", hint="name")
    without = "<h2>Without any of these</h2>" if providers else ""
    return page(
        "You are invited",
        style,
        (
            "<p>With this you get an account on this site, and this browser is signed in.</p>",
            *provider_forms(providers, {"invitation": token}),
            without,
            form(f"{SIGN_IN}/invitation", "Get an account", {"token": token}, more=(name,)),
        ),
    )


def refused_page(style: Style, refusal: Refusal) -> str:
    """Return the page that says why somebody does not come in, and what to do."""
    return page(
        "Not signed in",
        style,
        (
            f"<p>{escape(refusal.value[0].upper() + refusal.value[1:])}. {ADVICE[refusal]}</p>",
            f'<p><a href="{SIGN_IN}">Sign in</a></p>',
        ),
    )
