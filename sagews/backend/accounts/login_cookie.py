"""The cookie of a login."""

from aiohttp import web

from sagews.backend.cookies import cookie_of, end_cookie, give_cookie
from sagews.backend.reader import reader_of

NAME = "sagews-login"


def token_of(request: web.Request) -> str:
    """Return the token that a browser shows; empty if it shows none."""
    return cookie_of(request, _name(request)) or ""


def give_token(request: web.Request, response: web.StreamResponse, token: str, seconds: float) -> None:
    """Have the browser show the token from now on, also when somebody follows a link of another site to this one."""
    give_cookie(request, response, _name(request), token, path="/", seconds=round(seconds), same_site="Lax")


def drop_token(request: web.Request, response: web.StreamResponse) -> None:
    """Have the browser forget the token."""
    end_cookie(request, response, _name(request), path="/")


def _name(request: web.Request) -> str:
    """Return its name, which over plain HTTP holds the port: cookies of one host are shared by all its ports."""
    port = request.url.port
    return NAME if reader_of(request).secure else f"{NAME}-{port}"
