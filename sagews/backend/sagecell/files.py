"""`/kernel/ID/files/PATH`: the files of a session, for pages that show them.

A file is the reader's own and hostile. Pictures are shown as what their names
say, and run nothing; a page, such as a scene in three dimensions, is shown in
a frame alone, in an origin that is nobody's and from which it reaches nothing;
anything else is saved.
"""

from collections.abc import Sequence

from aiohttp import web

from sagews.backend import headers
from sagews.backend.files import Files, path_of
from sagews.backend.reader import reader_of
from sagews.backend.refusal import Refusal
from sagews.backend.sagecell.ids import Id
from sagews.protocol.json_requests import RefusedRequest

PATTERN = "/kernel/{id}/files/{path:(?s:.*)}"

_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".svg": "image/svg+xml",
}
_PICTURE = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})


class SessionFiles:
    """Answers the requests for them."""

    def __init__(self, files: Files, embedders: Sequence[str]) -> None:
        """`embedders`: the sources that name pages which may have a file that is a page in a frame."""
        self._files = files
        self._embedders = embedders

    def routes(self) -> list[web.RouteDef]:
        """Return the one route."""
        return [web.get(PATTERN, self._get, allow_head=False)]

    async def _get(self, request: web.Request) -> web.StreamResponse:
        identity = Id.read(request.match_info["id"])
        path = path_of(request)
        if identity is None or not path or path.endswith(b"/"):
            raise web.HTTPNotFound(text="There is no such file.")
        reader = reader_of(request).name
        try:
            whose = identity.session, identity.token
            return await self._files.fetch(request, whose, reader, path, self._fields(request, path))
        except RefusedRequest as refused:
            refusal = Refusal.of(refused)
        except Refusal as error:
            refusal = error
        # No session, a wrong token, no file: none of them is told from the others.
        status = 404 if refusal.status in (400, 401, 403) else refusal.status
        more = {name: value for name, value in refusal.headers.items() if name == "Retry-After"}
        text = f"The {refusal.noun.partition(' ')[0]} {refusal.what}: {refusal.hint}.\n"
        return web.Response(status=status, text=text if status != 404 else "There is no such file.\n", headers=more)

    def _fields(self, request: web.Request, path: bytes) -> dict[str, str]:
        """Return the headers of a file of this path."""
        name = path.rpartition(b"/")[2]
        ending = "." + name.rpartition(b".")[2].decode("ascii", "replace").lower()
        usual = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
        if ending in _PICTURES:
            return {**usual, "Content-Type": _PICTURES[ending], "Content-Security-Policy": _PICTURE}
        if ending in {".html", ".htm"} and request.headers.get("Sec-Fetch-Dest", "") in _FRAMES:
            page = headers.frame_headers(request.headers["Host"], self._embedders)
            return {**page, **usual, "Content-Type": "text/html; charset=utf-8"}
        return {**headers.file_headers(name), **usual}
