"""A provider of OpenID Connect that says whatever a test has it say, on a free port of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from yarl import URL

from sagews.config.provider import Provider as Settings
from tests.site.sign_in.browser import Browser, Page
from tests.site.sign_in.front import Front, address_of, listening
from tests.unit.backend.sign_in.signing import ACCESS_TOKEN, CLIENT, claims, public, rsa, signed

Answer = Callable[[], Any]
"""What makes an answer: an object that becomes JSON, bytes, or a response."""


class OddProvider:
    """One running provider, which is good until a test changes it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.nonce = ""
        """Of the sign-in under way."""
        self.keys = public(rsa())
        self.asked: dict[str, list[web.Request]] = {}
        """Requests by their path."""
        self.forms: list[dict[str, str]] = []
        """What the token endpoint was sent."""
        self.discovery: Answer = self.good_discovery
        self.key_set: Answer = lambda: {"keys": self.keys}
        self.tokens: Answer = lambda: self.with_token(signed(self.claims(), rsa()))
        self.userinfo: Answer = lambda: {"sub": "person-1"}

    def settings(self) -> Settings:
        """Return the settings of a client without a secret."""
        return Settings(name="odd", issuer=self.issuer, client_id=CLIENT)

    def good_discovery(self, **changes: Any) -> dict[str, Any]:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
        }
        return {name: value for name, value in {**document, **changes}.items() if value is not None}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good token for the sign-in under way."""
        who = {"name": "Ada", "email": "ada@example.org", "email_verified": True}
        return claims(iss=self.issuer, **{"nonce": self.nonce, **who, **changes})

    def with_token(self, id_token: str, **changes: Any) -> dict[str, Any]:
        return {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": id_token, **changes}

    def count(self, path: str) -> int:
        return len(self.asked.get(path, ()))

    async def sign_in(self, front: Front, browser: Browser) -> Page:
        """Go the whole way, and return where it ends."""
        there = await self.begin(front, browser)
        return await self.back(front, browser, there) if there.status == 303 else there

    async def begin(self, front: Front, browser: Browser) -> Page:
        return await browser.post(f"{front.url}/sign-in/odd")

    async def back(self, front: Front, browser: Browser, there: Page) -> Page:
        asked = URL(there.location).query
        self.nonce = asked["nonce"]
        return await browser.get(f"{front.url}/sign-in/odd/callback?code=a-code&state={asked['state']}")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer any request."""
        self.asked.setdefault(request.path, []).append(request)
        if request.path == "/token":
            self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        answers = {
            "/.well-known/openid-configuration": self.discovery,
            "/keys": self.key_set,
            "/token": self.tokens,
            "/me": self.userinfo,
        }
        if request.path not in answers:
            return web.Response(status=404)
        made = answers[request.path]()
        said = await made if asyncio.iscoroutine(made) else made
        if isinstance(said, web.StreamResponse):
            return said
        if callable(said):
            streamed: web.StreamResponse = await said(request)
            return streamed
        return web.Response(body=said) if isinstance(said, bytes) else web.json_response(said)


def endless(piece: bytes = b" " * 4096, pause: float = 0.0) -> Any:
    """Return an answer that never ends: at once as fast as it is read, or piece by piece."""

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(piece)
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.CancelledError):
            return response

    return stream


@asynccontextmanager
async def running_odd_provider(tls: ssl.SSLContext | None = None) -> AsyncIterator[OddProvider]:
    """Run one, with TLS or without."""
    with listening() as sock:
        address = address_of(sock)
        provider = OddProvider(address if tls is None else address.replace("http:", "https:"))
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", provider.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        await web.SockSite(runner, sock, ssl_context=tls).start()
        try:
            yield provider
        finally:
            await runner.cleanup()
