"""The routes below `/accounts`: what operators do with the accounts of others.

Only who is signed in as an operator gets here: where a request comes from,
which is enough to see the status of a site, says too little.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from sagews.backend.accounts.accounts_page import PATH, accounts_page, audit_page, handed_page, sign_out_page
from sagews.backend.accounts.asked import act, form_of, go, shown, signed_in, signed_in_lately
from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.accounts.people import People
from sagews.backend.accounts.presence import Presence
from sagews.backend.accounts.quota_page import quotas_page, values_of
from sagews.backend.accounts.sent_quotas import sent_quotas
from sagews.backend.quotas import Quotas
from sagews.backend.reader import Reader, reader_of
from sagews.backend.style import Style
from sagews.config.limits import Limits
from sagews.database.accounts import plain
from sagews.database.audit import Act

MOST_DIGITS = 18


class Operating:
    """Serves the accounts of a site to its operators."""

    def __init__(
        self, people: People, presence: Presence, quotas: Quotas, limits: Limits, style: Style, *, recent: float
    ) -> None:
        """`limits`: of the site; `style`: of its pages; `recent`: seconds after a sign-in."""
        self._quotas = quotas
        self._limits = limits
        self._people = people
        self._presence = presence
        self._style = style
        self._recent = recent

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get(PATH, self._page),
            web.get(f"{PATH}/audit", self._audit),
            web.post(f"{PATH}/invite", self._invite),
            web.post(f"{PATH}/link", self._link),
            web.post(f"{PATH}/sign-out", self._sign_out),
            web.get(f"{PATH}/sign-out-all", self._ask_to_sign_out_all),
            web.post(f"{PATH}/sign-out-all", self._sign_out_all),
            web.post(f"{PATH}/disable", self._disable),
            web.post(f"{PATH}/enable", self._disable),
            web.post(f"{PATH}/operator", self._operator),
            web.post(f"{PATH}/no-operator", self._operator),
            web.get(f"{PATH}/quotas", self._quota_page),
            web.post(f"{PATH}/quotas", self._change_quotas),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        if not reader_of(request).account:
            return go(SIGN_IN)
        reader = _operator(request)
        search = request.query.get("search", "")
        found = await self._people.accounts.find(search, after=_number(request.query.get("after", "")))
        return shown(accounts_page(self._style.seen_by(reader), found, search=search, own=reader.account))

    async def _audit(self, request: web.Request) -> web.Response:
        reader = _operator(request)
        about, what = plain(request.query.get("about", "")), plain(request.query.get("what", ""))
        before = request.query.get("before", "")
        last = int(before) if before.isascii() and before.isdigit() and len(before) <= MOST_DIGITS else None
        found = await self._people.audit.find(about=about, what=what, before=last)
        return shown(audit_page(self._style.seen_by(reader), found, about=about, what=what))

    async def _invite(self, request: web.Request) -> web.Response:
        reader = self._acting(request)
        email = (await form_of(request)).get("email", "")
        invited = Act("invited", by=reader.account, address=reader.address, data={"email": email[:200]})
        token = await self._people.invitations.invite(invited, email=email, operator=False)
        told = "Whoever opens this within 14 days gets an account, once."
        return shown(handed_page(self._style.seen_by(reader), told, self._url(request, "invitation", token)))

    async def _link(self, request: web.Request) -> web.Response:
        reader = self._acting(request)
        account = await self._people.accounts.get((await form_of(request)).get("account", ""))
        if account is None:
            raise _missing()
        token = await self._people.invitations.link(account.id, act("link made", account.id, reader))
        told = f"Whoever opens this within an hour is signed in as {account.called}, once."
        return shown(handed_page(self._style.seen_by(reader), told, self._url(request, "link", token)))

    async def _sign_out(self, request: web.Request) -> web.Response:
        reader = self._acting(request)
        account = (await form_of(request)).get("account", "")
        if not await self._people.accounts.sign_out(account, act("signed out", account, reader)):
            raise _missing()
        await self._presence.look()
        return go(PATH)

    async def _ask_to_sign_out_all(self, request: web.Request) -> web.Response:
        if not reader_of(request).account:
            return go(SIGN_IN)
        return shown(sign_out_page(self._style.seen_by(self._acting(request))))

    async def _sign_out_all(self, request: web.Request) -> web.Response:
        reader = self._acting(request)
        # Who does it can hand out links then: where there is no provider, nobody else comes in.
        done = Act("signed out", by=reader.account, address=reader.address, data={"who": "everybody"})
        await self._people.accounts.sign_out_all(done, but=reader.login)
        await self._presence.look()
        return go(PATH)

    async def _disable(self, request: web.Request) -> web.Response:
        disabled = request.path.endswith("/disable")
        return await self._change(request, "disabled" if disabled else "enabled", disabled=disabled)

    async def _operator(self, request: web.Request) -> web.Response:
        operator = not request.path.endswith("/no-operator")
        return await self._change(request, "operator now" if operator else "operator no more", operator=operator)

    async def _change(
        self, request: web.Request, what: str, *, disabled: bool | None = None, operator: bool | None = None
    ) -> web.Response:
        """Change the rights of somebody else, and have them sign in again."""
        reader = self._acting(request)
        account = (await form_of(request)).get("account", "")
        if account == reader.account:
            raise web.HTTPConflict(text="Nobody takes their own rights: another operator does.")
        done = act(what, account, reader)
        if disabled is not None:
            changed = await self._people.accounts.disable(account, done, disabled=disabled)
        else:
            changed = await self._people.accounts.make_operator(account, done, operator=bool(operator))
        if not changed:
            raise _missing()
        await self._presence.look()
        return go(PATH)

    async def _quota_page(self, request: web.Request) -> web.Response:
        if not reader_of(request).account:
            return go(SIGN_IN)
        reader = _operator(request)
        return await self._show_quotas(reader, request.query.get("account", ""))

    async def _show_quotas(
        self, reader: Reader, identifier: str, sent: Mapping[str, str] | None = None, fault: str = ""
    ) -> web.Response:
        """Show the quotas of an account; with a fault in what was sent, all of that as it was sent."""
        account = await self._people.accounts.get(plain(identifier))
        own = await self._people.quotas.of(account.id) if account is not None else None
        if account is None or own is None:
            raise _missing()
        role = self._quotas.of_role(operator=own.operator)
        values = values_of(own.values) if sent is None else sent
        page = quotas_page(self._style.seen_by(reader), account, role, values, self._limits, fault)
        return shown(page, 400 if fault else 200)

    async def _change_quotas(self, request: web.Request) -> web.Response:
        reader = self._acting(request)
        fields = await form_of(request)
        account = plain(fields.get("account", ""))
        if account == reader.account:
            raise web.HTTPConflict(text="Nobody changes their own quotas: another operator does.")
        values, fault = sent_quotas(fields, self._limits)
        if fault:
            return await self._show_quotas(reader, account, fields, fault)
        done = replace(act("quotas changed", account, reader), data=values or {"all": "as for all"})
        if not await self._people.quotas.put(account, values, done):
            raise _missing()
        self._quotas.forget(account)
        return go(PATH)

    def _acting(self, request: web.Request) -> Reader:
        """Return the operator who changes something. Raises HTTPException if it is none, or signed in long ago."""
        _operator(request)
        return signed_in_lately(request, self._recent, PATH)

    @staticmethod
    def _url(request: web.Request, path: str, token: str) -> str:
        scheme = "https" if reader_of(request).secure else "http"
        return f"{scheme}://{request.headers['Host']}{SIGN_IN}/{path}?token={token}"


def _operator(request: web.Request) -> Reader:
    """Return the operator who asks. Raises HTTPException if it is none."""
    reader = signed_in(request)
    if not reader.operator:
        raise web.HTTPForbidden(text="Only operators of this site see its accounts.")
    return reader


def _missing() -> web.HTTPNotFound:
    return web.HTTPNotFound(text="There is no such account; it may just have been deleted.")


def _number(text: str) -> float:
    try:
        number = float(text or 0)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0
