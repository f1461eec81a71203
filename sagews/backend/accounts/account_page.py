"""The page `/account`. Thinking only, no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from sagews.backend.accounts.markup import choice, field, form, moment, page
from sagews.backend.accounts.sign_in_pages import provider_forms
from sagews.backend.style import Style
from sagews.database.accounts import Account
from sagews.database.api_tokens import APIToken, Scope
from sagews.database.appearance import Appearance
from sagews.database.entries import LINK
from sagews.database.identities import Identity
from sagews.database.logins import Login

TOKEN_DAYS = {"7": "A week", "30": "A month", "90": "Three months", "365": "A year"}
APPEARANCES: Mapping[str, str] = {
    Appearance.SYSTEM: "As this device has it",
    Appearance.LIGHT: "Light",
    Appearance.DARK: "Dark",
}
SCOPES = {
    Scope.EVALUATE: "evaluate, with and without sessions",
    Scope.PERMALINKS: "make short links",
    Scope.READ_WORKSPACES: "read workspaces",
    Scope.WRITE_WORKSPACES: "read and change workspaces",
    Scope.OPERATE: "see the status and the figures of the site",
}


def account_page(
    style: Style,
    account: Account,
    logins: Sequence[Login],
    identities: Sequence[Identity],
    tokens: Sequence[APIToken],
    providers: Mapping[str, str],
    used: str,
    *,
    here: str,
) -> str:
    """Return the page of an account for whose it is.

    `providers`: what each is called; `used`: what they have used of what they may, as markup; `here`: the login that
    asks.
    """
    address = f" · {escape(account.email)}" if account.email else ""
    role = " · operator" if account.operator else ""
    operator = '<p><a href="/accounts">Accounts of this site</a> · <a href="/status">Status</a></p>'
    appearance = choice("appearance", "Appearance", APPEARANCES, account.appearance)
    body = (
        f"<p>{escape(account.called)}{address}{role}</p>",
        *((operator,) if account.operator else ()),
        '<p><a href="/workspaces">Your workspaces</a></p>',
        form("/sign-out", "Sign out"),
        form("/account/name", "Save", more=(field("name", "Name", account.name, hint="name"),)),
        form("/account/appearance", "Choose", more=(appearance,)),
        "<h2>What you may use</h2>",
        used,
        "<h2>Ways to sign in</h2>",
        *_identities(identities, providers),
        *provider_forms(providers, {"link": "1", "next": "/account"}, "Add"),
        "<h2>Where you are signed in</h2>",
        *_logins(logins, here),
        "<h2>API tokens</h2>",
        "<p>For programs, which show one as <code>Authorization: Bearer TOKEN</code>."
        ' See <a href="/api">the API</a>.</p>',
        *_tokens(tokens),
        _new_token(account),
        "<h2>All that is yours</h2>",
        '<p><a href="/account/export">Download it</a> as one archive.</p>',
        "<h2>Delete the account</h2>",
        '<p><a href="/account/delete">Delete this account …</a></p>',
    )
    return page("Account", style, body)


def token_page(style: Style, token: str) -> str:
    """Return the page with a new API token, which is shown this once."""
    body = (
        "<p>It is shown this once. Whoever has it can do with it what you can, of what it is for.</p>",
        f"<p><code>{escape(token)}</code></p>",
        '<p><a href="/account">Your account</a></p>',
    )
    return page("A new API token", style, body)


def delete_page(style: Style, shared: Sequence[str]) -> str:
    """Return the page that asks whether an account shall be deleted; `shared`: workspaces that others would lose."""
    names = "".join(f"<li><span>{escape(name)}</span></li>" for name in shared)
    lost = (
        "<p>Others come into these workspaces of yours, and would lose them. Hand over what they need first:</p>",
        f'<ul class="entries">{names}</ul>',
    )
    return page(
        "Delete the account",
        style,
        (
            "<p>All that is yours on this site goes with it, and cannot be brought back."
            " Workspaces that have another owner stay, and become theirs.</p>",
            *(lost if shared else ()),
            form("/account/delete", "Delete it"),
            '<p><a href="/account">Keep it</a></p>',
        ),
    )


def _identities(identities: Sequence[Identity], providers: Mapping[str, str]) -> Iterator[str]:
    if not identities:
        yield "<p>None but sign-in links of who runs the site.</p>"
        return
    yield '<ul class="entries">'
    for each in identities:
        who = each.email or each.name or each.subject
        remove = form("/account/remove-identity", "Remove", {"provider": each.provider, "subject": each.subject})
        last = "" if len(identities) < 2 else remove
        provider = providers.get(each.provider, each.provider)
        yield f"<li><span>{escape(provider)}: {escape(who)}, used {moment(each.used)}</span>{last}</li>"
    yield "</ul>"


def _tokens(tokens: Sequence[APIToken]) -> Iterator[str]:
    if not tokens:
        return
    yield '<ul class="entries">'
    for each in tokens:
        used = f"used {moment(each.used)}" if each.used is not None else "not used yet"
        scopes = escape(", ".join(sorted(each.scopes)))
        told = f"{escape(each.name or 'without a name')}: {scopes}, {used}, until {moment(each.expires)}"
        yield f"<li><span>{told}</span>{form('/account/remove-token', 'Remove', {'token': each.id})}</li>"
    yield "</ul>"


def _new_token(account: Account) -> str:
    scopes = [scope for scope in Scope if account.operator or scope is not Scope.OPERATE]
    boxes = "".join(
        f'<label class="box"><input type="checkbox" name="scope-{scope}" value="1"'
        f"{' checked' if scope is Scope.EVALUATE else ''}> {SCOPES[scope]}</label>"
        for scope in scopes
    )
    fields = (
        field("name", "What it is for"),
        f"<fieldset><legend>It may</legend>{boxes}</fieldset>",
        choice("days", "For how long", TOKEN_DAYS, "90"),
    )
    return form("/account/tokens", "Make a token", more=fields)


def _logins(logins: Sequence[Login], here: str) -> Iterator[str]:
    yield '<ul class="entries">'
    for each in logins:
        where = "this browser" if each.id == here else escape(each.agent or "unknown browser")
        way = "a link" if each.way == LINK else escape(each.way)
        told = f"{where}, from {escape(each.address)} by {way}, used {moment(each.used)}"
        end = "" if each.id == here else form("/account/sign-out", "Sign out", {"login": each.id})
        yield f"<li><span>{told}</span>{end}</li>"
    yield "</ul>"
    if len(logins) > 1:
        yield form("/account/sign-out-others", "Sign out all others")
