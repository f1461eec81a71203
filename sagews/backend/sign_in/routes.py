"""The routes of a sign-in with a provider: off to it by POST /sign-in/NAME, and back to /sign-in/NAME/callback.

The first changes something, so it is a POST, whose Origin the doorkeeper has
checked. The second is a link that a browser follows from the provider's page,
and whatever it brings is a stranger's word until its state, its cookie and
the provider itself have confirmed it. Codes, states, tokens and what a
provider tells are in no line of the log.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog
from aiohttp import web

from sagews.backend import headers
from sagews.backend.accounts.asked import MOST_FORM, form_of, signed_in_lately
from sagews.backend.accounts.gate import SIGN_IN
from sagews.backend.bodies import takes
from sagews.backend.cookies import cookies_of, end_cookie, give_cookie
from sagews.backend.doorkeeper import plain
from sagews.backend.languages.speech import say as _
from sagews.backend.metrics import Metrics
from sagews.backend.rates import SIGN_INS, Rates
from sagews.backend.reader import reader_of
from sagews.backend.sign_in import flow as flows
from sagews.backend.sign_in.callback import Callback, read_callback
from sagews.backend.sign_in.flow import COOKIE, LIFE, MOST_COOKIES, Flow, Flows, Store
from sagews.backend.sign_in.next import HOME
from sagews.backend.sign_in.outgoing import Outgoing
from sagews.backend.sign_in.page import refusal_page
from sagews.backend.sign_in.provider import Provider
from sagews.backend.sign_in.refused import Refused, Why
from sagews.backend.style import Style
from sagews.database.logins import TOKEN
from sagews.database.registration import Claims
from sagews.errors import ServiceError
from sagews.protocol.json_requests import RefusedRequest

TELL_SECONDS = 25.0
"""Seconds for all that a provider is asked when somebody comes back: less than proxies wait for an answer."""

Admit = Callable[[web.Request, Claims, Flow], Awaitable[web.StreamResponse]]
"""What lets somebody in of whom a provider has told: it answers the request."""
Note = Callable[[web.Request, str, Refused], Awaitable[None]]
"""What keeps that a sign-in with a provider of this name has come to nothing, if it can."""

log = structlog.get_logger()


class SignIn:
    """Sends people to providers, and takes them back."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        outgoing: Outgoing,
        store: Store,
        admit: Admit,
        metrics: Metrics,
        rates: Rates,
        style: Style,
        note: Note | None = None,
        *,
        recent: float = math.inf,
    ) -> None:
        """`style`: of its page; `recent`: seconds after a sign-in in which one adds another way."""
        self._providers = providers
        self._outgoing = outgoing
        self._flows = Flows(store)
        self._admit = admit
        self._metrics = metrics
        self._rates = rates
        self._style = style
        self._note = note
        self._recent = recent

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post(SIGN_IN + "/{provider}", self._begin),  # /sign-in/NAME
            web.get(SIGN_IN + "/{provider}/callback", self._finish, allow_head=False),
        ]

    async def close(self, app: web.Application) -> None:
        """End the connections to providers."""
        await self._outgoing.close()

    @takes(MOST_FORM)
    async def _begin(self, request: web.Request) -> web.StreamResponse:
        """Answer with the way to the provider, and with the cookie that the way back needs."""
        provider = self._provider(request)
        try:
            await self._rates.take(SIGN_INS, reader_of(request))
        except RefusedRequest as refused:
            return plain(429, f"{refused}.", {"Retry-After": str(refused.retry_after)})
        form = await form_of(request)
        onward = form.get("next", HOME)
        link, again = "link" in form, "again" in form and "link" not in form
        try:
            begun = flows.begin(
                provider.name,
                _callback_address(request, provider.name),
                onward=onward,
                account=_account(request) if link else "",
                again=_account(request) if again else "",
                invitation=form.get("invitation", ""),
            )
            if (link or again) and not begun.flow.whose:
                raise Refused(Why.SIGNED_OUT)
            if link:
                signed_in_lately(request, self._recent, begun.flow.next)
            address = await provider.begin(begun.flow, begun.state)
            await self._flows.keep(begun)
        except Refused as refused:
            return self._refuse(request, provider, refused)
        except ServiceError as error:
            return plain(503, f"{error}.")
        self._metrics.sign_ins.labels(provider.name, "begun").inc()
        answer = web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
        for name in list(cookies_of(request, COOKIE))[: 1 - MOST_COOKIES]:
            end_cookie(request, answer, name, path=SIGN_IN)
        give_cookie(request, answer, begun.cookie_name, begun.cookie, path=SIGN_IN, seconds=int(LIFE), same_site="Lax")
        return answer

    async def _finish(self, request: web.Request) -> web.StreamResponse:
        """Take somebody back: whose sign-in it is, then what the provider says, then in with them."""
        provider = self._provider(request)
        onward, cookie = HOME, ""
        try:
            callback = read_callback(request.query.items())
            cookie = flows.cookie_name(callback.state)
            flow = await self._flows.take(provider.name, callback, cookies_of(request, cookie))
            onward = flow.next
            if flow.whose and flow.whose != _account(request):
                raise Refused(Why.SIGNED_OUT)
            claims = await _told(provider, callback, flow)
            self._metrics.sign_ins.labels(provider.name, "told").inc()
            answer = await self._admit(request, claims, flow)
        except Refused as refused:
            answer = self._refuse(request, provider, refused, onward)
            if self._note is not None:
                with suppress(ServiceError):
                    await self._note(request, provider.name, refused)
        except ServiceError as error:
            return plain(503, f"{error}.")
        if cookie:
            end_cookie(request, answer, cookie, path=SIGN_IN)
        return answer

    def _provider(self, request: web.Request) -> Provider:
        if (provider := self._providers.get(request.match_info["provider"])) is None:
            raise web.HTTPNotFound(text=_("There is no provider of this name: see {address}.").format(address=SIGN_IN))
        return provider

    def _refuse(self, request: web.Request, provider: Provider, refused: Refused, onward: str = HOME) -> web.Response:
        """Return the page that says why; the log and the counters get it too."""
        reader = reader_of(request)
        said = {"why": refused.why.value, "detail": refused.detail, "reader": reader.name}
        log.info("sign-in refused", provider=provider.name, **said)
        self._metrics.sign_ins.labels(provider.name, refused.why.value).inc()
        what, todo = refused.words(provider.label)
        return web.Response(
            status=refused.status,
            text=refusal_page(what, todo, self._style.seen_by(reader), onward),
            content_type="text/html",
            charset="utf-8",
            headers={**headers.text_headers(), "Cache-Control": "no-store"},
        )


async def _told(provider: Provider, callback: Callback, flow: Flow) -> Claims:
    """Return what the provider says of who has come back. Raises Refused."""
    try:
        async with asyncio.timeout(TELL_SECONDS):
            await provider.check_issuer(callback.issuer)
            callback.raise_error()
            return await provider.finish(flow, callback.code)
    except TimeoutError as error:
        raise Refused(Why.AWAY, f"not done within {TELL_SECONDS:.0f} s") from error


def _callback_address(request: web.Request, provider: str) -> str:
    """Return where the provider sends the browser back to: our host as the browser calls it, as it was checked."""
    scheme = "https" if reader_of(request).secure else "http"
    return f"{scheme}://{request.headers['Host'].lower()}{SIGN_IN}/{provider}/callback"


def _account(request: web.Request) -> str:
    """Return who is signed in with this browser; empty for nobody, and for a program that has a token of theirs."""
    reader = reader_of(request)
    return reader.account if reader.login and not reader.login.startswith(TOKEN) else ""
