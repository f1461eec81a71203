"""`/permalink`: SageMathCell's short links, over the site's own, which nobody can guess and which may expire."""

import base64
import json
import time
import zlib
from collections.abc import Iterable

from aiohttp import web

from sagews.backend.bodies import takes
from sagews.backend.rates import PERMALINKS, Rates
from sagews.backend.reader import reader_of
from sagews.backend.refusal import Refusal
from sagews.backend.sagecell.arguments import arguments
from sagews.backend.sagecell.frame import called, framed
from sagews.config.site import Site
from sagews.database.permalinks import Permalink, Permalinks, new_id
from sagews.protocol.json_requests import RefusedRequest
from sagews.protocol.languages import is_known

DAY = 86_400.0
UNKNOWN = "ID not found in permalink database"
"""SageMathCell's words."""


class PermalinkRoutes:
    """Makes links and finds them."""

    def __init__(self, site: Site, permalinks: Permalinks, rates: Rates, embedders: Iterable[str]) -> None:
        self._permalinks = permalinks
        self._rates = rates
        self._most = site.permalinks.max_bytes
        self._life = site.permalinks.expire_days * DAY
        self._embedders = tuple(embedders)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.post("/permalink", self._make), web.get("/permalink", self._find, allow_head=False)]

    @takes(None)
    async def _make(self, request: web.Request) -> web.Response:
        # Percent encoding may triple what is sent.
        given = await arguments(request, 4 * self._most)
        if "code" not in given:
            raise web.HTTPBadRequest(text="The argument code is missing: send the program in it.")
        code, language, interacts = given["code"], given.get("language", "sage"), given.get("interacts", "[]")
        if not is_known(language):
            raise web.HTTPBadRequest(text="The argument language is not known: leave it out, or send one such as sage.")
        try:
            size = len(code.encode()) + len(interacts.encode())
            number = {"n": int(given["n"][:20])} if "n" in given else {}
        except ValueError as error:
            raise web.HTTPBadRequest(text="An argument is no text, or n is no number: leave that out.") from error
        if size > self._most:
            text = f"The code is over {self._most:,} bytes, the most that is kept here: send less."
            raise web.HTTPRequestEntityTooLarge(self._most, size, text=text)
        try:
            await self._rates.take(PERMALINKS, reader_of(request))
        except RefusedRequest as refused:
            later = {"Retry-After": Refusal.of(refused).headers["Retry-After"]}
            return web.Response(status=429, text=f"{refused.noun} {refused.what}: {refused.hint}.\n", headers=later)
        now = time.time()
        kept = Permalink(
            id=new_id(),
            code=code,
            language=language,
            interacts=interacts,
            created=now,
            expires=now + self._life if self._life else None,
        )
        await self._permalinks.put(kept)
        told = json.dumps({"zip": packed(code), "query": kept.id, "interacts": packed(interacts), **number})
        if "frame" in given:
            return framed(told, self._embedders)
        return web.Response(text=told, content_type="application/json")

    async def _find(self, request: web.Request) -> web.Response:
        kept = await find(self._permalinks, request.query.get("q", ""))
        if kept is None:
            raise web.HTTPNotFound(text=UNKNOWN)
        told = json.dumps([kept.code, kept.language or "sage", kept.interacts or "[]"])
        if "callback" in request.query:
            return called(request.query["callback"], told)
        return web.Response(text=told, content_type="application/json")


async def find(permalinks: Permalinks, name: str) -> Permalink | None:
    """Return what is kept under a name, which may be any text. Raises ServiceError while the database is away."""
    return await permalinks.get(name) if name.isascii() and name.isprintable() and 0 < len(name) < 64 else None


def packed(text: str) -> str:
    """Return a text as `?z=` carries it."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode()


def unpacked(text: str, most: int) -> str:
    """Return the text that `?z=` carries. Raises ValueError for what is none, or has more than so many bytes."""
    bare = text.rstrip("=").replace("+", "-").replace("/", "_").encode("ascii")
    try:
        data = base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        found = unpacking.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(found) > most or not unpacking.eof:
        raise ValueError("is too long, or cut off")
    return found.decode()
