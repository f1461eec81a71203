"""Our cookies: for this host alone, out of every script's reach, and where the browser speaks HTTPS for HTTPS alone.

A cookie called `__Host-...` can be set over HTTPS only, by this very host, for
all of its paths: so no server of a neighbouring name, and nobody on the way,
can put one there in its place. Over plain HTTP there is no such thing; there
the name is without it.

For a page of another site with cells of this one in it there are none, to be read or to be set.

Source: Cookies: HTTP State Management Mechanism (RFC 6265bis), 4.1.3.2.
"""

from typing import Literal

from aiohttp import web

from sagews.backend.reader import reader_of

HOST = "__Host-"


def cookie_of(request: web.Request, name: str) -> str | None:
    """Return the value of one of our cookies."""
    return None if reader_of(request).embedded else request.cookies.get(_full(request, name))


def cookies_of(request: web.Request, prefix: str) -> dict[str, str]:
    """Return those of our cookies whose names begin so, the oldest first as far as the browser keeps that order."""
    full = _full(request, prefix)
    if reader_of(request).embedded:
        return {}
    return {name.removeprefix(HOST): value for name, value in request.cookies.items() if name.startswith(full)}


def give_cookie(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    *,
    path: str,
    seconds: int | None = None,
    same_site: Literal["Strict", "Lax"] = "Strict",
) -> None:
    """Set one of our cookies: for a path, as far as its name allows that, and until the browser ends or for a time.

    `Lax`: it also comes with whoever is sent here by another site's page, as by a provider.
    """
    if reader_of(request).embedded:
        return
    secure = reader_of(request).secure
    response.set_cookie(
        _full(request, name),
        value,
        path="/" if secure else path,
        max_age=seconds,
        secure=secure,
        httponly=True,
        samesite=same_site,
    )


def end_cookie(request: web.Request, response: web.StreamResponse, name: str, *, path: str) -> None:
    """Have the browser forget one of our cookies."""
    give_cookie(request, response, name, "", path=path, seconds=0, same_site="Lax")


def _full(request: web.Request, name: str) -> str:
    return HOST + name if reader_of(request).secure else name
