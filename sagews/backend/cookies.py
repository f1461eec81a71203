"""Our cookies: for this host alone, out of every script's reach, and where the browser speaks HTTPS for HTTPS alone.

A cookie called `__Host-...` can be set over HTTPS only, by this very host, for
all of its paths: so no server of a neighbouring name, and nobody on the way,
can put one there in its place. Over plain HTTP there is no such thing; there
the name is without it.

Source: Cookies: HTTP State Management Mechanism (RFC 6265bis), 4.1.3.2.
"""

from aiohttp import web

from sagews.backend.reader import reader_of

HOST = "__Host-"


def cookie_of(request: web.Request, name: str) -> str | None:
    """Return the value of one of our cookies."""
    return request.cookies.get(_full(request, name))


def give_cookie(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    *,
    path: str,
    seconds: int | None = None,
    lax: bool = False,
) -> None:
    """Set one of our cookies: for a path, as far as its name allows that, and until the browser ends or for a time.

    `lax`: it is shown also when somebody follows a link of another site to this one.
    """
    secure = reader_of(request).secure
    response.set_cookie(
        _full(request, name),
        value,
        path="/" if secure else path,
        max_age=seconds,
        secure=secure,
        httponly=True,
        samesite="Lax" if lax else "Strict",
    )


def drop_cookie(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Have the browser forget one of our cookies, of the path `/`."""
    secure = reader_of(request).secure
    response.del_cookie(_full(request, name), path="/", secure=secure, httponly=True, samesite="Lax")


def _full(request: web.Request, name: str) -> str:
    return HOST + name if reader_of(request).secure else name
