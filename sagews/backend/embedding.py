"""Pages of other sites with cells of this one in them: who they are, and what answers them. Thinking only, no I/O.

Such a page is anybody's, and who looks at it may be signed in here. So its
requests are known by their origin, before anything is known of the reader, and
are then nobody's: no cookie and no token is looked at, none is set, the reader
is an address. What answers them is a list; a route that is not on it is none
of theirs, also one that is new. Browsers block cookies in such pages, so that
nothing on the list may need one.

Source: Fetch standard (Origin header, CORS protocol).
"""

import re
from collections.abc import Iterable

from aiohttp import web

from sagews.backend.headers import cross_origin
from sagews.config.embedding import EVERY

ROUTES = frozenset(
    {
        "/frame",
        "/ticket",
        "/socket",
        "/service",
        "/api/v1/permalinks",
        "/api/v1/permalinks/{permalink}",
        "/api/v1/sessions/{session}/files/{path}",
        "/kernel",
        "/kernel/{id}",
        "/kernel/{id}/channels",
        "/kernel/{id}/files/{path}",
        "/permalink",
        "/tos.html",
    }
)
"""What answers such pages, beside what is for everybody."""
WITHOUT_ORIGIN = frozenset({"/kernel/{id}/files/{path}", "/permalink"})
"""What such pages ask for with GET as pictures, frames and scripts, of which a browser does not say whose they are."""
CREDENTIALS = ("/kernel", "/permalink", "/service", "/sockjs", "/tos.html")
"""What SageMathCell's library, or SockJS's, asks with credentials, and what is below it."""
SOCKJS = "/sockjs"
"""What is below it answers them as well."""

_WEB = re.compile(r"https?://[^/]+", re.IGNORECASE)


def _pattern(route: str) -> str:
    """Return a route as an expression for its paths."""
    return re.sub(r"\\{(?:session|permalink|id)\\}", "[^/]+", re.escape(route).replace(r"\{path\}", ".*"))


_PATHS = re.compile("|".join(map(_pattern, sorted(ROUTES))), re.DOTALL)


class Embedding:
    """The origins of pages that may have cells of this site in them."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        """Take the setting `embedding.origins`."""
        self._origins = {origin.lower().rstrip("/") for origin in origins}

    def is_welcome(self, origin: str) -> bool:
        """Whether a page of this origin may have cells. One that has none of its own, `null`, is nobody's to name."""
        return bool(_WEB.fullmatch(origin)) and not self._origins.isdisjoint({origin.lower(), EVERY})

    def is_silent(self, request: web.Request) -> bool:
        """Whether a page that may have cells could ask this: as a picture, frame or script, without an origin."""
        resource = request.match_info.route.resource
        asked = request.method == "GET" and "Origin" not in request.headers and "Upgrade" not in request.headers
        return bool(self._origins) and asked and resource is not None and resource.canonical in WITHOUT_ORIGIN

    @property
    def ancestors(self) -> tuple[str, ...]:
        """The sources of a policy's `frame-ancestors` that name them."""
        return tuple(sorted(self._origins))


def answers(route: str, path: str) -> bool:
    """Whether a request is for what answers such pages: by its route, as that was declared; a preflight has none."""
    if _is_below(route or path, SOCKJS):
        return True
    return route in ROUTES if route else _PATHS.fullmatch(path) is not None


def readable(origin: str, path: str) -> dict[str, str]:
    """Return the headers that let such a page read an answer.

    Some clients ask with credentials whatever they are told, and a browser
    then wants to hear that this is well: they are not looked at.
    """
    fields = cross_origin(origin)
    if not any(_is_below(path, top) for top in CREDENTIALS):
        del fields["Access-Control-Allow-Credentials"]
    return fields


def _is_below(path: str, top: str) -> bool:
    return path == top or path.startswith(top + "/")
