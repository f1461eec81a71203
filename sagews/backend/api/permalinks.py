"""Permalinks over HTTP: code put under a name that nobody can guess, and given to whoever has the name.

What is given is text for a page to show; nothing is evaluated by following a link.
"""

import hashlib
import time

from aiohttp import web

from sagews.backend import headers
from sagews.backend.api import answers
from sagews.backend.api.answers import MadePermalink
from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import NewPermalink, Nothing
from sagews.backend.rates import PERMALINKS
from sagews.backend.reader import reader_of
from sagews.backend.refusal import Refusal
from sagews.config.site import Site
from sagews.database.permalinks import Permalink, Permalinks, new_id
from sagews.protocol.json_events import encode

DAY = 86_400.0
SHOWN = 60
"""Seconds for which whoever has it need not ask again, on a site that is for whoever comes."""
PATH = "/api/v1/permalinks"


class PermalinkRoutes:
    """Makes permalinks and finds them."""

    def __init__(self, site: Site, permalinks: Permalinks) -> None:
        self._permalinks = permalinks
        self._public = site.backend.public
        self._most = site.permalinks.max_bytes
        self._life = site.permalinks.expire_days * DAY

    def routes(self) -> list[Route]:
        """Return the routes."""
        away = {503: "The database cannot be had now; try again."}
        return [
            Route(
                method="POST",
                path=PATH,
                name="make_permalink",
                summary="Keep code under a short link",
                text="Whoever has the link can read the code. How long it is kept, and how large it may be, is the"
                " site's to say.",
                body=NewPermalink,
                rate=PERMALINKS,
                serve=self._make,
                replies=(Reply(201, "It is kept.", MadePermalink, headers={"Location": "Its address in the API."}),),
                refusals=away,
            ),
            Route(
                method="GET",
                path=PATH + "/{permalink}",
                name="find_permalink",
                summary="Find what was kept under a short link",
                text="The page finds it by `/?q=ID`, shows the code, and evaluates nothing by itself.",
                serve=self._find,
                replies=(
                    Reply(200, "What was kept.", answers.Permalink),
                    Reply(304, "It is as the caller has it, by the `If-None-Match` that it sent."),
                ),
                refusals=away | {404: "There is no such permalink, or it has expired."},
            ),
        ]

    async def _make(self, asked: Asked[NewPermalink, Nothing]) -> web.Response:
        body, now = asked.body, time.time()
        try:
            size = len(body.code.encode()) + len(body.interacts.encode())
        except UnicodeEncodeError as error:
            raise Refusal(
                400, "bad_message", "holds half a surrogate pair", "field 'code'", "remove that character"
            ) from error
        if size > self._most:
            raise Refusal(
                413, "too_large", f"is over {self._most:,} bytes", "code of a permalink", "remove cells, or send a file"
            )
        kept = Permalink(
            id=new_id(),
            code=body.code,
            language=body.language,
            environment=body.environment,
            interacts=body.interacts,
            created=now,
            expires=now + self._life if self._life else None,
        )
        await self._permalinks.put(kept)
        scheme = "https" if reader_of(asked.request).secure else "http"
        page = asked.request.url.with_scheme(scheme).origin()
        said = {"id": kept.id, "url": f"{page}/?q={kept.id}", "expires": kept.expires}
        return web.Response(status=201, text=encode(said), content_type=JSON, headers={"Location": f"{PATH}/{kept.id}"})

    async def _find(self, asked: Asked[None, Nothing]) -> web.Response:
        name = asked.request.match_info["permalink"]
        kept = await self._permalinks.get(name) if name.isascii() and name.isprintable() and len(name) < 64 else None
        if kept is None:
            raise Refusal(
                404,
                "unknown_permalink",
                "is not known, or has expired",
                "permalink",
                "see that the whole of it was copied, or ask for the link again",
            )
        said = {name: getattr(kept, name) for name in answers.Permalink.__struct_fields__}
        text = encode(said)
        if not self._public:
            return web.Response(text=text, content_type=JSON)
        # The same for everybody: caches before the backends may keep it, for as long as a deleted one may show.
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
        fields = {"Cache-Control": f"public, max-age={SHOWN}", "ETag": etag}
        if headers.names_etag(asked.request.headers.getall("If-None-Match", []), etag):
            return web.Response(status=304, headers=fields)
        return web.Response(text=text, content_type=JSON, headers=fields)
