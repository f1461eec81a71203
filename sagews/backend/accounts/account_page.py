"""The page `/account`. Thinking only, no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from sagews.backend.accounts.gate import LANGUAGE
from sagews.backend.accounts.markup import choice, field, form, moment, page
from sagews.backend.accounts.sign_in_pages import provider_forms
from sagews.backend.languages.page import AUTOMATIC
from sagews.backend.languages.speech import later
from sagews.backend.languages.speech import say as _
from sagews.backend.style import Style
from sagews.config.language import Language
from sagews.database.accounts import Account
from sagews.database.api_tokens import APIToken, Scope
from sagews.database.appearance import Appearance
from sagews.database.entries import LINK
from sagews.database.identities import Identity
from sagews.database.logins import Login

TOKEN_DAYS = {"7": later("A week"), "30": later("A month"), "90": later("Three months"), "365": later("A year")}
APPEARANCES: Mapping[str, str] = {
    Appearance.SYSTEM: later("As this device has it"),
    Appearance.LIGHT: later("Light"),
    Appearance.DARK: later("Dark"),
}
SCOPES = {
    Scope.EVALUATE: later("evaluate, with and without sessions"),
    Scope.PERMALINKS: later("make short links"),
    Scope.READ_WORKSPACES: later("read workspaces"),
    Scope.WRITE_WORKSPACES: later("read and change workspaces"),
    Scope.OPERATE: later("see the status and the figures of the site"),
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
    role = f" · {_('operator')}" if account.operator else ""
    operator = f'<p><a href="/accounts">{_("Accounts of this site")}</a> · <a href="/status">{_("Status")}</a></p>'
    appearance = choice("appearance", _("Appearance"), _all(APPEARANCES), account.appearance)
    languages = {AUTOMATIC: _("As this browser has it")} | {each.value: each.called for each in Language}
    language = choice("language", _("Language"), languages, account.language or AUTOMATIC)
    body = (
        f"<p>{escape(account.called)}{address}{role}</p>",
        *((operator,) if account.operator else ()),
        f'<p><a href="/workspaces">{_("Your workspaces")}</a></p>',
        form("/sign-out", _("Sign out")),
        form("/account/name", _("Save"), more=(field("name", _("Name"), account.name, hint="name"),)),
        form("/account/appearance", _("Choose"), more=(appearance,)),
        form(LANGUAGE, _("Choose"), {"next": "/account"}, more=(language,)),
        f"<h2>{_('What you may use')}</h2>",
        used,
        f"<h2>{_('Ways to sign in')}</h2>",
        *_identities(identities, providers),
        *provider_forms(providers, {"link": "1", "next": "/account"}, _("Add {provider}")),
        f"<h2>{_('Where you are signed in')}</h2>",
        *_logins(logins, here),
        f"<h2>{_('API tokens')}</h2>",
        f"<p>{_('For programs, which show one as <code>Authorization: Bearer TOKEN</code>.')}"
        f' <a href="/api">{_("The API")}</a></p>',
        *_tokens(tokens),
        _new_token(account),
        f"<h2>{_('All that is yours')}</h2>",
        f'<p><a href="/account/export">{_("Download it as one archive")}</a></p>',
        f"<h2>{_('Delete the account')}</h2>",
        f'<p><a href="/account/delete">{_("Delete this account …")}</a></p>',
    )
    return page(_("Account"), style, body)


def token_page(style: Style, token: str) -> str:
    """Return the page with a new API token, which is shown this once."""
    body = (
        f"<p>{_('It is shown this once. Whoever has it can do with it what you can, of what it is for.')}</p>",
        f"<p><code>{escape(token)}</code></p>",
        f'<p><a href="/account">{_("Your account")}</a></p>',
    )
    return page(_("A new API token"), style, body)


def delete_page(style: Style, shared: Sequence[str]) -> str:
    """Return the page that asks whether an account shall be deleted; `shared`: workspaces that others would lose."""
    names = "".join(f"<li><span>{escape(name)}</span></li>" for name in shared)
    why = _("Others come into these workspaces of yours, and would lose them. Hand over what they need first:")
    lost = (
        f"<p>{why}</p>",
        f'<ul class="entries">{names}</ul>',
    )
    return page(
        _("Delete the account"),
        style,
        (
            f"<p>{_('All that is yours on this site goes with it, and cannot be brought back.')}"
            f" {_('Workspaces that have another owner stay, and become theirs.')}</p>",
            *(lost if shared else ()),
            form("/account/delete", _("Delete it")),
            f'<p><a href="/account">{_("Keep it")}</a></p>',
        ),
    )


def _identities(identities: Sequence[Identity], providers: Mapping[str, str]) -> Iterator[str]:
    if not identities:
        yield f"<p>{_('None but sign-in links of who runs the site.')}</p>"
        return
    yield '<ul class="entries">'
    for each in identities:
        who = each.email or each.name or each.subject
        remove = form("/account/remove-identity", _("Remove"), {"provider": each.provider, "subject": each.subject})
        last = "" if len(identities) < 2 else remove
        provider = providers.get(each.provider, each.provider)
        yield f"<li><span>{escape(provider)}: {escape(who)}, {_used(each.used)}</span>{last}</li>"
    yield "</ul>"


def _tokens(tokens: Sequence[APIToken]) -> Iterator[str]:
    if not tokens:
        return
    yield '<ul class="entries">'
    for each in tokens:
        used = _used(each.used) if each.used is not None else _("not used yet")
        scopes = escape(", ".join(sorted(each.scopes)))
        told = f"{escape(each.name or _('without a name'))}: {scopes}, {used}, "
        told += _("until {time}").format(time=moment(each.expires))
        yield f"<li><span>{told}</span>{form('/account/remove-token', _('Remove'), {'token': each.id})}</li>"
    yield "</ul>"


def _new_token(account: Account) -> str:
    scopes = [scope for scope in Scope if account.operator or scope is not Scope.OPERATE]
    boxes = "".join(
        f'<label class="box"><input type="checkbox" name="scope-{scope}" value="1"'
        f"{' checked' if scope is Scope.EVALUATE else ''}> {_(SCOPES[scope])}</label>"
        for scope in scopes
    )
    fields = (
        field("name", _("What it is for")),
        f"<fieldset><legend>{_('It may')}</legend>{boxes}</fieldset>",
        choice("days", _("For how long"), _all(TOKEN_DAYS), "90"),
    )
    return form("/account/tokens", _("Make a token"), more=fields)


def _logins(logins: Sequence[Login], here: str) -> Iterator[str]:
    yield '<ul class="entries">'
    for each in logins:
        where = _("this browser") if each.id == here else escape(each.agent or _("unknown browser"))
        way = _("a link") if each.way == LINK else escape(each.way)
        told = _("{browser}, from {address} by {way}, {used}").format(
            browser=where, address=escape(each.address), way=way, used=_used(each.used)
        )
        end = "" if each.id == here else form("/account/sign-out", _("Sign out"), {"login": each.id})
        yield f"<li><span>{told}</span>{end}</li>"
    yield "</ul>"
    if len(logins) > 1:
        yield form("/account/sign-out-others", _("Sign out all others"))


def _used(when: float) -> str:
    return _("used {time}").format(time=moment(when))


def _all(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of a table in the language of who asks."""
    return {key: _(text) for key, text in texts.items()}
