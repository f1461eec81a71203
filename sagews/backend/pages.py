"""The pages `/`, `/live`, `/frame`, `/workspaces`, of worksheets and of histories, and the files under `/static/`.

All of it is read once, at the start, and served from memory: a path is a key
of a dictionary and can name nothing else. Text is kept gzipped as well.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, Template
from markupsafe import Markup, escape

from sagews.backend import headers
from sagews.backend.languages.page import language_link
from sagews.backend.languages.speech import in_language, say, spoken
from sagews.backend.languages.speech import say as _
from sagews.backend.reader import reader_of
from sagews.backend.style import appearance_links
from sagews.config.language import Language
from sagews.database.appearance import Appearance
from sagews.errors import ServiceError
from sagews.service.public_files import ASK_AGAIN, BUNDLE, SHORT, cache_of, is_text, packed, type_of

INDEX = "index.html"
WORKSPACES, WORKSHEET, HISTORY, LIVE = SHELLS = ("workspaces.html", "worksheet.html", "history.html", "live.html")
"""Pages whose scripts ask for what is at their address: the same to all who speak a language and like one look."""
PLACE, APPEARANCE = b"<!-- account -->", b"<!-- appearance -->"
"""Where the page has its links to the pages of accounts and of languages, and what it looks like."""
LIBRARY = "embedded_sagecell.js"
"""What pages that embed SageMathCell load; some by an older address, above that of other files."""
ACCOUNT, SIGN_IN = "/account", "/sign-in"
EMBED = "/embed.js"
"""The script by which a page of any site has cells of this one. Its address stays, so that it is not kept for long."""

_TEMPLATES = Environment(autoescape=True, keep_trailing_newline=True)


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
            cache=cache_of(name),
        )

    def response(self, request: web.Request, more: Mapping[str, str]) -> web.Response:
        """Return the answer to a request for this file (RFC 9110: If-None-Match, Accept-Encoding)."""
        packs = self.packed is not None and "gzip" in request.headers.get("Accept-Encoding", "").lower()
        etag = f'"{self.etag}{"-gzip" if packs else ""}"'
        vary = ", ".join(filter(None, ("Accept-Encoding", more.get("Vary"))))
        fields = {"ETag": etag, "Cache-Control": self.cache, **more, "Vary": vary}
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
            index = _TEMPLATES.from_string((bundle / INDEX).read_text())
            self._frame = File.read(bundle / "frame.html")
            shells = {name: _TEMPLATES.from_string((bundle / name).read_text()) for name in SHELLS}
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
        self._indices: dict[tuple[Language, str, Appearance], File] = {}
        """The page, by its language, the address of its link to the pages of accounts, and its appearance."""
        self._shells: dict[tuple[str, Language, Appearance], File] = {}
        for language in Language:
            page = self._in_language(index, language)
            for address in ("", SIGN_IN, ACCOUNT):
                links = in_language(language, partial(_links, address))
                for each, look in looks.items():
                    if address == ACCOUNT or each is Appearance.SYSTEM:
                        body = page.replace(PLACE, links).replace(APPEARANCE, look)
                        self._indices[language, address, each] = File.of(INDEX, body)
            for name, shell in shells.items():
                page = self._in_language(shell, language)
                for each, look in looks.items():
                    self._shells[name, language, each] = File.of(name, page.replace(APPEARANCE, look))
        self.embedders: tuple[str, ...] = ()
        """Sources that name the pages of other sites which may have cells of this one."""
        self.has_sign_in = False
        """Whether whoever is not signed in is offered to."""
        self.status_of: Callable[[web.Request], Awaitable[int]] | None = None
        """Says with which status the first page comes, whose address may carry a link."""

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the pages and their files."""
        return [
            web.get("/", self._page),
            web.get("/live", self._lively),
            web.get("/frame", self._framed),
            web.get("/workspaces", self._workspaces),
            web.get("/workspaces/{workspace}/worksheets/{path:(?s:.+)}", self._worksheet),
            web.get("/workspaces/{workspace}/history/{path:(?s:.+)}", self._history),
            web.get("/static/{path:.+}", self._file),
            web.get(f"/{LIBRARY}", self._library),
            web.get(EMBED, self._embedded),
        ]

    def address(self, name: str) -> str:
        """Return the address of a file of the bundle by the name that it had before it was built."""
        built = re.compile(r"-[A-Z0-9]{8}\.".join(map(re.escape, name.split("."))))
        return f"/static/{next(filter(built.fullmatch, self._files), name)}"

    def _in_language(self, template: Template, language: Language) -> bytes:
        """Return a page with its texts, and with the catalogue of what its code says."""
        # English needs none.
        name = f"language-{language}.js"
        address = self.address(name)
        catalogue = "" if address == f"/static/{name}" else f'<script type="module" src="{address}"></script>'
        parts = {"_": say, "language": language.value, "catalogue": Markup(catalogue)}  # noqa: S704  # ours
        return in_language(language, lambda: template.render(parts)).encode()

    async def _page(self, request: web.Request) -> web.Response:
        reader = reader_of(request)
        address = ACCOUNT if reader.account else SIGN_IN if self.has_sign_in else ""
        status = 200 if self.status_of is None or not request.query else await self.status_of(request)
        response = self._indices[spoken(), address, reader.appearance].response(request, _of_one_reader(request))
        if status != 200:
            response.set_status(status)
        return response

    async def _lively(self, request: web.Request) -> web.Response:
        """Show a cell that is live within a published page."""
        fields = {**headers.live_headers(request.headers["Host"]), "Cache-Control": f"private, {ASK_AGAIN}"}
        return self._shells[LIVE, spoken(), Appearance.SYSTEM].response(request, fields)

    async def _framed(self, request: web.Request) -> web.Response:
        return self._frame.response(request, headers.frame_headers(request.headers["Host"], self.embedders))

    async def _workspaces(self, request: web.Request) -> web.Response:
        return self._shell(WORKSPACES, request)

    async def _worksheet(self, request: web.Request) -> web.Response:
        """Show the page of a worksheet, which is told the account that is signed in.

        It never sends what one has written with the same browser as what another has.
        """
        reader = reader_of(request)
        account = f'<meta name="account" content="{escape(reader.account)}">'.encode()
        body = self._shells[WORKSHEET, spoken(), reader.appearance].body.replace(PLACE, account)
        return File.of(WORKSHEET, body).response(request, _of_one_reader(request))

    async def _history(self, request: web.Request) -> web.Response:
        return self._shell(HISTORY, request)

    def _shell(self, name: str, request: web.Request) -> web.Response:
        shell = self._shells[name, spoken(), reader_of(request).appearance]
        return shell.response(request, _of_one_reader(request))

    async def _embedded(self, request: web.Request) -> web.Response:
        return self._files[EMBED.lstrip("/")].response(request, {**headers.PUBLIC, "Cache-Control": SHORT})

    async def _file(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound(text="There is no such file: load the page again, which names the right ones.")
        return file.response(request, headers.PUBLIC)

    async def _library(self, request: web.Request) -> web.Response:
        return self._files[LIBRARY].response(request, headers.PUBLIC)


def _links(address: str) -> bytes:
    """Return what the page has above its head: the links to pages of accounts, if there are any, and of languages."""
    called = _("Account") if address == ACCOUNT else _("Sign in")
    link = f'<a href="{address}">{escape(called)}</a> ' if address else ""
    return f'<nav class="account" aria-label="{escape(_("Account"))}">{link}{language_link("/")}</nav>'.encode()


def _of_one_reader(request: web.Request) -> dict[str, str]:
    """Return the headers of a page that is kept for one browser alone: it speaks and looks as its reader wants."""
    return {**headers.page_headers(request.headers["Host"]), "Cache-Control": f"private, {ASK_AGAIN}"}
