"""The routes below `/account`: what people see and change of themselves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web

from sagews.backend import headers
from sagews.backend.accounts.account_page import TOKEN_DAYS, account_page, delete_page, token_page
from sagews.backend.accounts.asked import act, count, count_sign_in, form_of, go, shown, signed_in, signed_in_lately
from sagews.backend.accounts.export import files_of
from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.accounts.login_cookie import drop_token
from sagews.backend.accounts.people import People
from sagews.backend.accounts.presence import Presence
from sagews.backend.accounts.quota_page import quota_table
from sagews.backend.accounts.takeout import taken_out
from sagews.backend.api.workspaces.download import send_pieces
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.languages.speech import say as _
from sagews.backend.languages.speech import speak
from sagews.backend.quotas import Quotas
from sagews.backend.rates import WORKSPACES, Rates
from sagews.backend.reader import reader_of
from sagews.backend.refusal import Refusal
from sagews.backend.sign_in.provider import Provider
from sagews.backend.style import Style
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.api_tokens import Scope
from sagews.database.appearance import Appearance

PATH = "/account"
MOST_RECORDS = 10_000
"""Records of the audit that somebody takes with them, the newest."""
TAKING_AT_ONCE = 2
"""Archives of accounts that are sent at once."""


class AccountPages:
    """Serves an account to whose it is."""

    def __init__(
        self,
        people: People,
        presence: Presence,
        rates: Rates,
        quotas: Quotas,
        providers: Mapping[str, Provider],
        style: Style,
        shelf: Shelf,
        *,
        recent: float,
    ) -> None:
        """`style`: of its pages; `recent`: seconds after a sign-in."""
        self._quotas = quotas
        self._providers = {name: provider.label for name, provider in providers.items()}
        self._people = people
        self._presence = presence
        self._style = style
        self._rates = rates
        self._recent = recent
        self._shelf = shelf
        self._taking_at_once = Turnstile(TAKING_AT_ONCE, each=1)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get(PATH, self._page),
            web.post(f"{PATH}/name", self._rename),
            web.post(f"{PATH}/appearance", self._choose_appearance),
            web.post(f"{PATH}/sign-out", self._end_login),
            web.post(f"{PATH}/sign-out-others", self._end_others),
            web.post(f"{PATH}/remove-identity", self._remove_identity),
            web.post(f"{PATH}/tokens", self._make_token),
            web.post(f"{PATH}/remove-token", self._remove_token),
            web.get(f"{PATH}/export", self._export, allow_head=False),
            web.get(f"{PATH}/delete", self._ask_to_delete),
            web.post(f"{PATH}/delete", self._delete),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        if not (reader := reader_of(request)).account:
            return go(SIGN_IN)
        account = await self._people.accounts.get(reader.account)
        if account is None:
            return go(SIGN_IN)
        logins = await self._people.logins.of(account.id)
        identities = await self._people.identities.of(account.id)
        tokens = await self._people.tokens.of(account.id)
        used = quota_table(await self._quotas.standing(reader), self._quotas.limits)
        # As it is chosen now: what is known of the reader may be some seconds old.
        style = replace(self._style, appearance=account.appearance)
        if account.language:
            speak(account.language)
        page = account_page(style, account, logins, identities, tokens, self._providers, used, here=reader.login)
        return shown(page, leads_on=bool(self._providers))

    async def _rename(self, request: web.Request) -> web.Response:
        reader = signed_in(request)
        await self._people.accounts.rename(reader.account, (await form_of(request)).get("name", ""))
        await self._presence.look()
        return go(PATH)

    async def _choose_appearance(self, request: web.Request) -> web.Response:
        reader = signed_in(request)
        word = (await form_of(request)).get("appearance", "")
        if word not in set(Appearance):
            raise web.HTTPBadRequest(
                text=_("The appearance is one of: {appearances}.").format(appearances=", ".join(Appearance))
            )
        await self._people.accounts.choose_appearance(reader.account, Appearance(word))
        await self._presence.look()
        return go(PATH)

    async def _end_login(self, request: web.Request) -> web.Response:
        reader = signed_in(request)
        login = (await form_of(request)).get("login", "")
        if login and await self._people.logins.end(reader.account, login):
            await self._presence.look()
        return go(PATH)

    async def _end_others(self, request: web.Request) -> web.Response:
        reader = signed_in(request)
        await self._people.logins.end(reader.account, but=reader.login)
        await self._presence.look()
        return go(PATH)

    async def _remove_identity(self, request: web.Request) -> web.Response:
        reader = signed_in_lately(request, self._recent, PATH)
        fields = await form_of(request)
        removed = await self._people.identities.remove(
            reader.account,
            fields.get("provider", ""),
            fields.get("subject", ""),
            act("identity removed", reader.account, reader),
        )
        if not removed:
            raise web.HTTPConflict(text=_("This way to sign in is the last one, or gone: link another one first."))
        return go(PATH)

    async def _make_token(self, request: web.Request) -> web.Response:
        reader = signed_in_lately(request, self._recent, PATH)
        await count_sign_in(self._rates, request)
        fields = await form_of(request)
        scopes = [scope for scope in Scope if fields.get(f"scope-{scope}")]
        days = fields.get("days", "")
        if not scopes or days not in TOKEN_DAYS:
            raise web.HTTPBadRequest(text=_("A token is for something, and for a time: choose both."))
        made = act("token made", reader.account, reader)
        made = replace(made, data={"name": fields.get("name", "")[:200], "scopes": " ".join(scopes)})
        token = await self._people.tokens.make(
            reader.account, fields.get("name", ""), scopes, float(days) * 86400, made
        )
        if token is None:
            raise web.HTTPConflict(text=_("This account has as many tokens as it may: remove one first."))
        return shown(token_page(self._style.seen_by(reader), token))

    async def _remove_token(self, request: web.Request) -> web.Response:
        reader = signed_in(request)
        token = (await form_of(request)).get("token", "")
        await self._people.tokens.remove(reader.account, token, act("token removed", reader.account, reader))
        await self._presence.look()
        return go(PATH)

    async def _export(self, request: web.Request) -> web.StreamResponse:
        reader = signed_in(request)
        people = self._people
        account = await people.accounts.get(reader.account)
        if account is None:
            return go(SIGN_IN)
        await count(self._rates, WORKSPACES, request)
        async with self._taking(reader.name):
            files = files_of(
                account,
                await people.identities.of(account.id),
                await people.logins.of(account.id),
                await people.tokens.of(account.id),
                await self._quotas.kept(reader),
                await people.audit.find(about=account.id, limit=MOST_RECORDS),
            )
            response = web.StreamResponse(headers=headers.file_headers(b"account.zip"))
            await send_pieces(request, response, taken_out(self._shelf, account.id, files))
        return response

    @asynccontextmanager
    async def _taking(self, whose: str) -> AsyncIterator[None]:
        """Have few archives sent at once."""
        try:
            async with self._taking_at_once.one(whose):
                yield
        except Refusal as refusal:
            raise web.HTTPServiceUnavailable(text=f"{refusal}.", headers=refusal.headers) from refusal

    async def _ask_to_delete(self, request: web.Request) -> web.Response:
        if not reader_of(request).account:
            return go(SIGN_IN)
        reader = signed_in_lately(request, self._recent, f"{PATH}/delete")
        lost = await self._shelf.members.without_others(reader.account)
        return shown(delete_page(self._style.seen_by(reader), lost))

    async def _delete(self, request: web.Request) -> web.Response:
        reader = signed_in_lately(request, self._recent, PATH)
        await self._people.accounts.remove(reader.account, act("deleted", reader.account, reader))
        await self._presence.look()
        answer = go("/")
        drop_token(request, answer)
        return answer
