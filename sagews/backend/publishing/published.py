"""The pages below `/published`: the gallery, and each publication for whoever has its address.

A page was made when it was published; here it is only fetched. It is the same
for everybody, so that the site's nginx keeps it: for SHOWN seconds, in which a
withdrawn one may still be seen. The policy of a page lets it load one script
of the site, which makes cells live, and nothing that was published.
"""

import asyncio
import gzip
import time
from email.utils import formatdate, parsedate_to_datetime

from aiohttp import web

from sagews.backend import headers
from sagews.backend.accounts.gate import PUBLISHED
from sagews.backend.api.workspaces.door import may_be_id
from sagews.backend.publishing.gallery import MOST_SEARCH, absent_page, gallery_page
from sagews.backend.reader import reader_of
from sagews.backend.style import Style
from sagews.config.site import Site
from sagews.database.publications import Publication, Publications

SHOWN = 30
"""Seconds for which a cache that many share may keep a page; the cache of a browser asks each time."""
SCRIPT = "/static/published.js"
LOADS_AT_ONCE, PATIENCE = 8, 10.0
"""Pages that are fetched from the database at once, and the seconds that a reader waits for that."""


class Published:
    """Serves publications to whoever comes."""

    def __init__(self, site: Site, publications: Publications, style: Style) -> None:
        """`style`: of the gallery."""
        self._publications = publications
        self._style = style
        self._cache = f"public, max-age=0, s-maxage={SHOWN}" if site.backend.public else "private, no-cache"
        self._loads = asyncio.Semaphore(LOADS_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get(PUBLISHED, self._gallery), web.get(PUBLISHED + "/{publication}", self._page)]

    async def _gallery(self, request: web.Request) -> web.Response:
        search, after = request.query.get("search", "")[:MOST_SEARCH], request.query.get("after", "")
        found = await self._publications.find(search, after if may_be_id(after) else "")
        page = gallery_page(self._style.seen_by(reader_of(request)), found, search)
        return web.Response(
            text=page,
            content_type="text/html",
            charset="utf-8",
            headers={**headers.form_headers(), "Cache-Control": "private, no-cache"},
        )

    async def _page(self, request: web.Request) -> web.Response:
        name = request.match_info["publication"]
        found = await self._publications.get(name) if may_be_id(name) else None
        if found is None or found.withdrawn is not None:
            return self._absent(found)
        fields = self._fields(request, found)
        if _has_it(request, found, fields["ETag"]):
            return web.Response(status=304, headers=fields)
        body = await self._loaded(name)
        if body is None:
            # It was withdrawn between the two.
            return self._absent(await self._publications.get(name))
        if "Content-Encoding" not in fields:
            body = await asyncio.to_thread(gzip.decompress, body)
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=fields)

    async def _loaded(self, name: str) -> bytes | None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._loads.acquire()
        except TimeoutError as error:
            raise web.HTTPServiceUnavailable(text="Too many pages are asked for now: try again in a moment.") from error
        try:
            content = await self._publications.content(name)
        finally:
            self._loads.release()
        return content[0] if content is not None else None

    def _fields(self, request: web.Request, found: Publication) -> dict[str, str]:
        packs = "gzip" in request.headers.get("Accept-Encoding", "").lower()
        fields = {
            **headers.publication_headers(request.headers["Host"], SCRIPT),
            "ETag": f'"{found.hash.hex()[:24]}{"-gzip" if packs else ""}"',
            "Last-Modified": formatdate(found.updated, usegmt=True),
            "Cache-Control": self._cache,
            "Vary": "Accept-Encoding",
        }
        if packs:
            fields["Content-Encoding"] = "gzip"
        if not found.listed:
            fields["X-Robots-Tag"] = "noindex, nofollow"
        return fields

    def _absent(self, found: Publication | None) -> web.Response:
        page = absent_page(self._style, found)
        # That one is withdrawn, a cache shall keep in its place; that there is none, nobody need know again.
        fields = {"Cache-Control": self._cache} if found is not None else {}
        fields |= {**headers.text_headers(), "X-Robots-Tag": "noindex"}
        status = 410 if found is not None else 404
        return web.Response(status=status, text=page, content_type="text/html", charset="utf-8", headers=fields)


def _has_it(request: web.Request, found: Publication, etag: str) -> bool:
    """Whether whoever asks has this version already (RFC 9110, 13.1.2 and 13.1.3)."""
    if named := request.headers.getall("If-None-Match", []):
        return headers.names_etag(named, etag)
    try:
        since = parsedate_to_datetime(request.headers.get("If-Modified-Since", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return False
    # A second may have had two versions.
    return int(found.updated) <= since and time.time() - found.updated > 1.0
