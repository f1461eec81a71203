"""The pages below `/accounts`, for operators. Thinking only, no I/O."""

from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import urlencode

from sagews.backend.accounts.markup import field, form, moment, page
from sagews.backend.style import Style
from sagews.database.accounts import PAGE, Account
from sagews.database.audit import PAGE as RECORDS
from sagews.database.audit import Record

PATH = "/accounts"


def accounts_page(style: Style, accounts: Sequence[Account], *, search: str, own: str) -> str:
    """Return the page of accounts that were found; `own`: that of who looks, whose rights others change."""
    body = (
        f'<p><a href="{PATH}/audit">Who did what</a> · <a href="{PATH}/published">Publications</a>'
        ' · <a href="/status">Status</a> · <a href="/account">Your account</a></p>',
        f'<form action="{PATH}">{field("search", "Id, name or address", search, kind="search")}'
        "<button>Search</button></form>",
        form(f"{PATH}/invite", "Invite", more=(field("email", "E-mail address (empty: whoever has the link)"),)),
        *_accounts(accounts, search, own),
        f'<p><a href="{PATH}/sign-out-all">Sign everybody out …</a></p>',
    )
    return page("Accounts", style, body)


def sign_out_page(style: Style) -> str:
    """Return the page that asks whether everybody shall be signed out."""
    return page(
        "Sign everybody out",
        style,
        (
            "<p>Each has to sign in again, in every browser but this one, and sign-in links that were handed out open"
            " nothing any more. Tokens of the API go on: their owners remove them, or you disable the account."
            " Invitations that were handed out go on for 14 days, also those that make an operator.</p>",
            form(f"{PATH}/sign-out-all", "Sign everybody out"),
            f'<p><a href="{PATH}">Accounts</a></p>',
        ),
    )


def handed_page(style: Style, told: str, url: str) -> str:
    """Return the page with an address that is shown this once."""
    body = (
        f"<p>{escape(told)} It is shown this once; give it to nobody else.</p>",
        f"<p><code>{escape(url)}</code></p>",
        f'<p><a href="{PATH}">Accounts</a></p>',
    )
    return page("For one person", style, body)


def audit_page(style: Style, records: Sequence[Record], *, about: str, what: str) -> str:
    """Return the page of what was done, the newest first."""
    lines = [
        f"<li><span>{moment(each.time)} · {escape(each.act.what)}{_whom(each)}{_more(each)}</span></li>"
        for each in records
    ]
    older = urlencode({"about": about, "what": what, "before": records[-1].id}) if len(records) == RECORDS else ""
    body = (
        f'<form action="{PATH}/audit">{field("about", "Id of an account, or address", about, kind="search")}'
        f"{field('what', 'What was done', what, kind='search')}"
        "<button>Search</button></form>",
        '<ul class="entries">',
        *lines,
        "</ul>",
        *(() if records else ("<p>Nothing.</p>",)),
        *((f'<p><a href="{PATH}/audit?{escape(older)}">Older</a></p>',) if older else ()),
        f'<p><a href="{PATH}">Accounts</a></p>',
    )
    return page("Who did what", style, body)


def _accounts(accounts: Sequence[Account], search: str, own: str) -> Iterator[str]:
    if not accounts:
        yield "<p>There is no such account.</p>" if search else "<p>There are no accounts yet.</p>"
        return
    yield '<ul class="entries">'
    for each in accounts:
        words = [escape(each.called)]
        if each.email and each.email != each.called:
            words.append(escape(each.email))
        words += ["operator"] * each.operator + ["disabled"] * (each.disabled is not None)
        about = urlencode({"about": each.id})
        words.append(f'<a href="{PATH}/audit?{escape(about)}">{escape(each.id)}</a>')
        yield f"<li><span>{' · '.join(words)}, since {moment(each.created)}</span>"
        if each.id != own:
            yield f'<a href="{PATH}/quotas?account={escape(each.id)}">Quotas</a>'
            yield from _buttons(each)
        yield "</li>"
    yield "</ul>"
    if len(accounts) == PAGE:
        after = urlencode({"search": search, "after": repr(accounts[-1].created)})
        yield f'<p><a href="{PATH}?{escape(after)}">More</a></p>'


def _buttons(account: Account) -> Iterator[str]:
    named = {"account": account.id}
    if account.disabled is None:
        yield form(f"{PATH}/link", "Sign-in link", named)
        yield form(f"{PATH}/sign-out", "Sign out", named)
        yield form(f"{PATH}/disable", "Disable", named)
        if account.operator:
            yield form(f"{PATH}/no-operator", "Operator no more", named)
        else:
            yield form(f"{PATH}/operator", "Make operator", named)
    else:
        yield form(f"{PATH}/enable", "Enable", named)


def _whom(record: Record) -> str:
    about = f" · {escape(record.act.account)}" if record.act.account else ""
    return about + (f" by {escape(record.act.by)}" if record.act.by else "")


def _more(record: Record) -> str:
    words = [f"{name}: {value}" for name, value in sorted(record.act.data.items()) if value not in ("", False)]
    if record.act.address:
        words.append(f"from {record.act.address}")
    return f" ({escape(', '.join(words))})" if words else ""
