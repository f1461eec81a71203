"""The pages `/`, `/live`, `/frame` and `/workspaces`, and the files of the client bundle under `/static/`.

All of it is read once, at the start, and served from memory: a path is a key
of a dictionary and can name nothing else. Text is kept gzipped as well.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sagews.backend import headers
from sagews.backend.reader import reader_of
from sagews.backend.style import appearance_links
from sagews.database.appearance import Appearance
from sagews.errors import ServiceError
from sagews.service.public_files import ASK_AGAIN, BUNDLE, FOR_EVER, is_hashed, is_text, packed, type_of

INDEX = "index.html"
PLACE, APPEARANCE = b"<!-- account -->", b"<!-- appearance -->"
"""Where the page has its link to the pages of accounts, and what it looks like."""
ACCOUNT = b'<nav class="account" aria-label="Account"><a href="/account">Account</a></nav>'
SIGN_IN = b'<nav class="account" aria-label="Account"><a href="/sign-in">Sign in</a></nav>'


@dataclass(frozen=True, slots=True)
class File:
    """One file, ready to be sent."""

    body: bytes
    packed: bytes | None
    """Gzipped, where that makes it smaller."""
    type: str
    etag: str
    cache: str

    @classmethod
    def read(cls, path: Path) -> "File":
        """Return the file at a path."""
        return cls.of(path.name, path.read_bytes())

    @classmethod
    def of(cls, name: str, body: bytes) -> "File":
        """Return a file of this name."""
        kind = type_of(name)
        return cls(
            body=body,
            packed=packed(body, kind),
            type=kind,
            etag=hashlib.sha256(body).hexdigest()[:24],
            cache=FOR_EVER if is_hashed(name) else ASK_AGAIN,
        )

    def response(self, request: web.Request, more: Mapping[str, str]) -> web.Response:
        """Return the answer to a request for this file (RFC 9110: If-None-Match, Accept-Encoding)."""
        packs = self.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "").lower()
        etag = f'"{self.etag}{"-gzip" if packs else ""}"'
        fields = {"ETag": etag, "Cache-Control": self.cache, "Vary": "Accept-Encoding", **more}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=fields)
        fields["Content-Type"] = f"{self.type}; charset=utf-8" if is_text(self.type) else self.type
        if packs:
            fields["Content-Encoding"] = "gzip"
        return web.Response(body=self.packed if packs else self.body, headers=fields)


class Pages:
    """The client bundle."""

    def __init__(self, bundle: Path = BUNDLE) -> None:
        """Read the bundle. Raises ServiceError if it is missing or not whole."""
        try:
            index = (bundle / INDEX).read_bytes()
            self._frame = File.read(bundle / "frame.html")
            self._workspaces = File.read(bundle / "workspaces.html")
            live = (bundle / "live.html").read_bytes()
            self._files = {
                path.relative_to(bundle).as_posix(): File.read(path)
                for path in sorted(bundle.rglob("*"))
                if path.is_file() and path.suffix != ".html"
            }
        except OSError as error:
            raise ServiceError(
                "the client bundle is missing or not whole", str(bundle), "make it with `make bundle`"
            ) from error

        looks = {each: appearance_links(each, self.address("dark.css")).encode() for each in Appearance}
        self._indices = {
            (link, each): File.of(INDEX, index.replace(PLACE, link).replace(APPEARANCE, look))
            for link in (b"", SIGN_IN, ACCOUNT)
            for each, look in looks.items()
            if link == ACCOUNT or each is Appearance.SYSTEM
        }
        """The page, by the link that it has to the pages of accounts, and by its appearance."""
        self._live = File.of("live.html", live.replace(APPEARANCE, looks[Appearance.SYSTEM]))
        self.has_sign_in = False
        """Whether whoever is not signed in is offered to."""

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the pages and their files."""
        return [
            web.get("/", self._page),
            web.get("/live", self._lively),
            web.get("/frame", self._framed),
            web.get("/workspaces", self._shown),
            web.get("/static/{path:.+}", self._file),
        ]

    def address(self, name: str) -> str:
        """Return the address of a file of the bundle by the name that it had before it was built."""
        built = re.compile(r"-[A-Z0-9]{8}\.".join(map(re.escape, name.split("."))))
        return f"/static/{next(filter(built.fullmatch, self._files), name)}"

    async def _page(self, request: web.Request) -> web.Response:
        reader = reader_of(request)
        link = ACCOUNT if reader.account else SIGN_IN if self.has_sign_in else b""
        # What is kept of it is for one browser alone: it says whether somebody is signed in, and looks as they want.
        fields = {**headers.page_headers(request.headers["Host"]), "Cache-Control": f"private, {ASK_AGAIN}"}
        return self._indices[link, reader.appearance].response(request, fields)

    async def _lively(self, request: web.Request) -> web.Response:
        """Show a cell that is live within a published page."""
        return self._live.response(request, headers.live_headers(request.headers["Host"]))

    async def _framed(self, request: web.Request) -> web.Response:
        return self._frame.response(request, headers.frame_headers(request.headers["Host"]))

    async def _shown(self, request: web.Request) -> web.Response:
        """Show the page of workspaces, the same to everybody: what it shows it asks the API for."""
        return self._workspaces.response(request, headers.page_headers(request.headers["Host"]))

    async def _file(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound(text="There is no such file: load the page again, which names the right ones.")
        return file.response(request, headers.PUBLIC)
