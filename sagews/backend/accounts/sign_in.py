"""The routes below `/sign-in`, and `POST /sign-out`: how a browser comes to its login, and loses it.

A link that an operator hands out shows a page with a button first: what
fetches addresses by itself, such as a scanner of mail, does not use it up.
"""

from collections.abc import Mapping

from aiohttp import web

from sagews.backend.accounts.asked import count_sign_in, form_of, go, shown, visitor_of
from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.accounts.login_cookie import drop_token, give_token
from sagews.backend.accounts.people import People
from sagews.backend.accounts.presence import Presence
from sagews.backend.accounts.sign_in_pages import (
    again_page,
    invited_page,
    link_page,
    refused_page,
    sign_in_page,
    signed_in_page,
)
from sagews.backend.accounts.tally import Tally
from sagews.backend.languages.speech import say as _
from sagews.backend.rates import Rates
from sagews.backend.reader import reader_of
from sagews.backend.sign_in.flow import Flow
from sagews.backend.sign_in.next import HOME, own_path
from sagews.backend.sign_in.provider import Provider
from sagews.backend.sign_in.refused import STRANGE, Refused
from sagews.backend.style import Style
from sagews.database.audit import Act
from sagews.database.entries import Entered
from sagews.database.registration import Claims, Refusal


class SignInPages:
    """Signs browsers in and out."""

    def __init__(
        self,
        people: People,
        presence: Presence,
        rates: Rates,
        providers: Mapping[str, Provider],
        style: Style,
        tally: Tally,
    ) -> None:
        """`style`: of its pages."""
        self._providers = {name: provider.label for name, provider in providers.items()}
        self._people = people
        self._presence = presence
        self._rates = rates
        self._style = style
        self._tally = tally

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get(SIGN_IN, self._page),
            web.get(f"{SIGN_IN}/link", self._link_page),
            web.post(f"{SIGN_IN}/link", self._by_link),
            web.get(f"{SIGN_IN}/invitation", self._invitation_page),
            web.post(f"{SIGN_IN}/invitation", self._by_invitation),
            web.post("/sign-out", self._sign_out),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        reader = reader_of(request)
        style = self._style.seen_by(reader)
        onward = own_path(request.query.get("next", HOME))
        if reader.account and "again" in request.query:
            own = {identity.provider for identity in await self._people.identities.of(reader.account)}
            providers = {name: label for name, label in self._providers.items() if name in own}
            page = again_page(style, providers, reader.called, onward)
            return shown(page, leads_on=bool(providers))
        if reader.account:
            return shown(signed_in_page(style, reader.called, onward))
        return shown(sign_in_page(style, self._providers, onward), leads_on=bool(self._providers))

    async def _link_page(self, request: web.Request) -> web.Response:
        return shown(link_page(self._style.seen_by(reader_of(request)), request.query.get("token", "")))

    async def _invitation_page(self, request: web.Request) -> web.Response:
        style = self._style.seen_by(reader_of(request))
        page = invited_page(style, self._providers, request.query.get("token", ""))
        return shown(page, leads_on=bool(self._providers))

    async def _by_link(self, request: web.Request) -> web.Response:
        await count_sign_in(self._rates, request)
        token = _token(await form_of(request))
        return self._come_in(request, await self._people.entries.by_link(token, visitor_of(request)))

    async def _by_invitation(self, request: web.Request) -> web.Response:
        await count_sign_in(self._rates, request)
        fields = await form_of(request)
        entered = await self._people.entries.by_invitation(
            _token(fields), fields.get("name", ""), visitor_of(request), proved=bool(self._providers)
        )
        return self._come_in(request, entered)

    async def _sign_out(self, request: web.Request) -> web.Response:
        reader = reader_of(request)
        if reader.login:
            await self._people.logins.end(reader.account, reader.login)
            await self._presence.look()
        answer = go(SIGN_IN)
        drop_token(request, answer)
        return answer

    async def admit(self, request: web.Request, claims: Claims, flow: Flow) -> web.StreamResponse:
        """Let in whom a provider has told of. Raises ServiceError while the database is away."""
        entered = await self._people.entries.by_provider(
            claims,
            visitor_of(request),
            invitation=flow.invitation,
            link=bool(flow.account),
            again=bool(flow.again),
        )
        return self._come_in(request, entered, flow.next)

    async def note(self, request: web.Request, provider: str, refused: Refused) -> None:
        """Keep that a sign-in with a provider came to nothing. Raises ServiceError while the database is away."""
        reader = reader_of(request)
        if refused.why in STRANGE:
            self._tally.add(f"a way back that is {refused.why.value}", reader)
            return
        data = {"way": provider, "why": refused.why.value}
        await self._people.audit.add(Act("refused", reader.account, address=reader.address, data=data))

    def _come_in(self, request: web.Request, entered: Entered | Refusal, onward: str = HOME) -> web.Response:
        """Give the browser its login, or say why it gets none."""
        if isinstance(entered, Refusal):
            return shown(refused_page(self._style.seen_by(reader_of(request)), entered), 403)
        if before := reader_of(request).login:
            self._presence.end(before)
        answer = go(onward)
        give_token(request, answer, entered.token, self._people.logins.life)
        return answer


def _token(fields: Mapping[str, str]) -> str:
    """Return the token of a link. Raises HTTPException if none was sent."""
    if not (token := fields.get("token", "")):
        raise web.HTTPBadRequest(text=_("There is no token: open the whole address of the link, and press its button."))
    return token
