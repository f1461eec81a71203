"""The pages below `/sign-in`. Thinking only, no I/O."""

from collections.abc import Mapping
from html import escape

from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.accounts.markup import field, form, page
from sagews.backend.languages.page import language_link
from sagews.backend.languages.speech import later
from sagews.backend.languages.speech import say as _
from sagews.backend.style import Style
from sagews.database.registration import Refusal

WORDS = {
    Refusal.DISABLED: later("The account is disabled."),
    Refusal.CLOSED: later("Registration is closed."),
    Refusal.UNINVITED: later("An invitation is needed."),
    Refusal.OTHERS: later("The invitation is for another address."),
    Refusal.DOMAIN: later("The address is not of a domain that may register."),
    Refusal.TAKEN: later("This way to sign in is another account's."),
    Refusal.OTHER_PERSON: later("This is no way to sign in of the account that is signed in here."),
    Refusal.ENDED: later("You were signed out meanwhile."),
    Refusal.USED: later("The link was used already, or is too old."),
}
"""Each refusal, as a sentence."""

ADVICE = {
    Refusal.DISABLED: later("Who runs the site has closed it; ask them."),
    Refusal.CLOSED: later("This site gives no new accounts. If you have one, sign in the way that you did before."),
    Refusal.UNINVITED: later(
        "Open the whole address of the invitation that you got, or ask who runs the site for one."
    ),
    Refusal.OTHERS: later("Sign in with the address to which it was sent."),
    Refusal.DOMAIN: later("Sign in with an address of your school or company that the provider has verified."),
    Refusal.TAKEN: later("Sign in with it instead, or remove it from the other account first."),
    Refusal.OTHER_PERSON: later("You are still signed in as before: use a way to sign in that your account has."),
    Refusal.ENDED: later("Sign in first, then do it again."),
    Refusal.USED: later("Ask who gave it to you for a new one."),
}
"""What to do about each refusal."""


def sign_in_page(style: Style, providers: Mapping[str, str], onward: str) -> str:
    """Return the page on which one signs in; `providers`: what each name is called; `onward`: where one goes then."""
    links = (
        f"<p>{_('Open the whole address of the sign-in link or of the invitation that you got.')}"
        f" {_('Who runs the site hands them out.')}</p>"
    )
    with_providers = (*provider_forms(providers, {"next": onward}), f"<h2>{_('With a link')}</h2>") if providers else ()
    return page(_("Sign in"), style, (*with_providers, links, f"<p>{language_link(SIGN_IN)}</p>"))


def signed_in_page(style: Style, called: str, onward: str) -> str:
    """Return the page for somebody who is signed in already."""
    return page(
        _("You are signed in"),
        style,
        (
            f'<p>{escape(_("As {name}.").format(name=called))} <a href="{escape(onward)}">{_("Go on")}</a>'
            f' · <a href="/account">{_("Your account")}</a></p>',
            form("/sign-out", _("Sign out")),
        ),
    )


def again_page(style: Style, providers: Mapping[str, str], called: str, onward: str) -> str:
    """Return the page for somebody who is signed in, and has to do so again for what they want to do.

    `providers`: those by which they sign in to this account, and no others.
    """
    why = _(
        "You are signed in as {name}, since a while. What you want to do gives others a way in, so show once more that"
        " it is you; then do it again."
    )
    link = _(
        "Open a new sign-in link. Who runs the site hands them out; on its machine,"
        " <code>sagews admin users link</code> does. It leads to the first page: come back from there."
    )
    return page(
        _("Sign in again"),
        style,
        (
            f"<p>{escape(why.format(name=called))}</p>",
            *provider_forms(providers, {"again": "1", "next": onward}),
            f"<p>{link}</p>",
            f'<p><a href="{escape(onward)}">{_("Back")}</a></p>',
        ),
    )


def provider_forms(providers: Mapping[str, str], fields: Mapping[str, str], words: str = "") -> list[str]:
    """Return a button for each provider; `words` have a place for `{provider}`, what it is called."""
    words = words or _("Sign in with {provider}")
    return [form(f"{SIGN_IN}/{name}", words.format(provider=label), fields) for name, label in providers.items()]


def link_page(style: Style, token: str) -> str:
    """Return the page of a sign-in link."""
    return page(
        _("Sign in"),
        style,
        (
            f"<p>{_('This link signs this browser in, once.')}</p>",
            form(f"{SIGN_IN}/link", _("Sign in"), {"token": token}),
        ),
    )


def invited_page(style: Style, providers: Mapping[str, str], token: str) -> str:
    """Return the page of an invitation."""
    name = field("name", _("Your name"), hint="name")
    without = f"<h2>{_('Without any of these')}</h2>" if providers else ""
    return page(
        _("You are invited"),
        style,
        (
            f"<p>{_('With this you get an account on this site, and this browser is signed in.')}</p>",
            *provider_forms(providers, {"invitation": token}),
            without,
            form(f"{SIGN_IN}/invitation", _("Get an account"), {"token": token}, more=(name,)),
        ),
    )


def refused_page(style: Style, refusal: Refusal) -> str:
    """Return the page that says why somebody does not come in, and what to do."""
    return page(
        _("Not signed in"),
        style,
        (
            f"<p>{escape(_(WORDS[refusal]))} {escape(_(ADVICE[refusal]))}</p>",
            f'<p><a href="{SIGN_IN}">{_("Sign in")}</a></p>',
        ),
    )
