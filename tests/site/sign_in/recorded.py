"""Facebook and GitHub as their documentation shows them, on a free port of this machine.

Every answer has the shape of the real one, with what a client does not look
at; a test may have it say something else. Each code is good once, and for the
redirect URI and the challenge of the request that it answers.

Sources: Facebook, "Manually Build a Login Flow", "Handling Errors" (Graph API); GitHub, "Authorizing OAuth apps",
"Troubleshooting OAuth app access token request errors", "Users", "Emails" (REST API).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.site.sign_in.front import address_of, listening

SECRET, TOKEN = "a-client-secret", "gho_16C7e42F292c6912E7710c838347Ae178B4a"

OCTOCAT: dict[str, Any] = {
    "login": "octocat",
    "id": 583231,
    "node_id": "MDQ6VXNlcjE=",
    "avatar_url": "https://github.com/images/error/octocat_happy.gif",
    "type": "User",
    "site_admin": False,
    "name": "monalisa octocat",
    "company": "GitHub",
    "email": "octocat@github.com",
    "hireable": None,
    "public_repos": 2,
    "created_at": "2008-01-14T04:33:35Z",
    "plan": {"name": "Medium", "space": 400, "private_repos": 20, "collaborators": 0},
}
ADA: dict[str, Any] = {"id": "10158012345678901", "name": "Ada Lovelace", "email": "ada@example.org"}
EMAILS: list[dict[str, Any]] = [
    {"email": "spare@example.org", "verified": True, "primary": False, "visibility": None},
    {"email": "octocat@github.com", "verified": True, "primary": True, "visibility": "public"},
]


class Recorded:
    """What both have in common: they give codes, and take them back once."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[web.Request] = []
        self.instead: dict[str, Callable[[], web.Response]] = {}
        """Answers that a test has in the place of the usual ones, by path."""

    def give_code(self, request: web.Request, *needed: str) -> web.Response:
        """Send the browser back, as somebody who has agreed."""
        asked = dict(request.query)
        assert all(name in asked for name in needed), asked
        code = secrets.token_hex(10)
        self.codes[code] = asked
        query = urlencode({"code": code, "state": asked["state"]})
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{query}{self.fragment}"})

    fragment = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if (instead := self.instead.get(request.path)) is not None:
            return instead()
        return await self.usual(request)

    async def usual(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError


class RecordedGitHub(Recorded):
    """A GitHub Enterprise Server, whose API lies below its own address."""

    user: Any = OCTOCAT
    emails: Any = EMAILS

    async def usual(self, request: web.Request) -> web.StreamResponse:
        match request.method, request.path:
            case "GET", "/login/oauth/authorize":
                assert request.query["code_challenge_method"] == "S256"
                return self.give_code(request, "client_id", "redirect_uri", "scope", "code_challenge")
            case "POST", "/login/oauth/access_token":
                return await self._token(request)
            case "GET", "/api/v3/user" if self._knows(request):
                return web.json_response(self.user)
            case "GET", "/api/v3/user/emails" if self._knows(request):
                return web.json_response(self.emails)
        return web.json_response({"message": "Requires authentication", "status": "401"}, status=401)

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        assert request.headers["Accept"] == "application/json", "else it answers with a form"
        if form["client_secret"] != SECRET:
            return self._error("incorrect_client_credentials")
        asked = self.codes.pop(form["code"], None)
        if asked is None or asked["code_challenge"] != challenge(form["code_verifier"]):
            return self._error("bad_verification_code")
        if asked["redirect_uri"] != form["redirect_uri"]:
            return self._error("redirect_uri_mismatch")
        return web.json_response({"access_token": TOKEN, "scope": "user:email", "token_type": "bearer"})

    @staticmethod
    def _error(error: str) -> web.Response:
        said = {
            "error": error,
            "error_description": "The code passed is incorrect.",
            "error_uri": "/apps/troubleshooting",
        }
        return web.json_response(said)

    @staticmethod
    def _knows(request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}" and "User-Agent" in request.headers


class RecordedFacebook(Recorded):
    """The dialog and the Graph API."""

    me: Any = ADA
    fragment = "#_=_"
    """It ends every way back with this."""

    async def usual(self, request: web.Request) -> web.StreamResponse:
        match request.method, request.path:
            case "GET", "/dialog/oauth":
                return self.give_code(request, "client_id", "redirect_uri", "scope")
            case "POST", "/oauth/access_token":
                return await self._token(request)
            case "GET", "/me":
                proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
                if request.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self._error(400, 2500, "An active access token must be used.")
                if request.query["appsecret_proof"] != proof:
                    return self._error(400, 100, "Invalid appsecret_proof provided in the API argument")
                assert request.query["fields"] == "id,name,email"
                return web.json_response(self.me)
        return self._error(404, 803, "Unknown path components")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form["client_secret"] != SECRET:
            return self._error(400, 1, "Error validating client secret.")
        asked = self.codes.pop(form["code"], None)
        if asked is None:
            return self._error(400, 100, "This authorization code has been used.", 36009)
        if asked["redirect_uri"] != form["redirect_uri"]:
            return self._error(400, 100, "Error validating verification code.", 36008)
        return web.json_response({"access_token": TOKEN, "token_type": "bearer", "expires_in": 5183944})

    @staticmethod
    def _error(status: int, code: int, message: str, subcode: int = 0) -> web.Response:
        said = {
            "message": message,
            "type": "OAuthException",
            "code": code,
            "error_subcode": subcode,
            "fbtrace_id": "A1b",
        }
        return web.json_response({"error": said}, status=status)


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@asynccontextmanager
async def running_recorded(kind: type[Recorded]) -> AsyncIterator[Any]:
    """Serve one."""
    with listening() as sock:
        recorded = kind(address_of(sock))
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", recorded.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        await web.SockSite(runner, sock).start()
        try:
            yield recorded
        finally:
            await runner.cleanup()
