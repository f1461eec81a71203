"""Prints pages as PDF: each by Chromium in a session of its own, behind all walls that a session has.

The page goes into the session, and the PDF comes out of it, as files of the
session always do; nothing here starts the browser or opens what it has
written. Whether there is a browser is asked before the page is in the
session: what the session says from then on may be what the page makes it say,
so nothing of it is believed but the bytes of the PDF, up to a size.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sagews.backend.rates import SESSIONS
from sagews.backend.reader import Reader
from sagews.backend.sessions import Sessions
from sagews.backend.transfer import Transfer
from sagews.backend.visit import Visit
from sagews.backend.workers import Workers
from sagews.config.site import Site
from sagews.errors import WorkspaceError
from sagews.protocol import MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

PAGE, PDF = b"page.html", b"page.pdf"
"""As `session/printing.py` calls them."""
FIRST_SECONDS = 30.0
"""Seconds in which a session must have said whether it has a browser."""
MARGIN = 30.0
"""Seconds beyond the site's own: to bring the page in and the PDF out, and for the worker to end what is too slow."""
WALLED = frozenset("ABC")
"""Tiers in which sessions have walls; see `worker/tier.py`."""
BY_YOURSELF = "export it as a web page, and print that with your browser"


class Printer:
    """Prints."""

    def __init__(
        self, site: Site, workers: Workers, sessions: Sessions, count: Callable[[str, Reader], Awaitable[object]]
    ) -> None:
        """`count` is `Rates.take`."""
        self._settings = site.printing
        self._workers = workers
        self._sessions = sessions
        self._count = count

    def check(self, noun: str) -> None:
        """Raise WorkspaceError, about this noun, if this site prints nothing."""
        if not self._settings.environment:
            raise WorkspaceError("cannot be printed: this site has no browser for it", noun, BY_YOURSELF)
        if self._workers.tier and self._workers.tier not in WALLED:
            what = "cannot be printed: sessions of this site have no walls that a hostile page would need"
            raise WorkspaceError(what, noun, BY_YOURSELF)

    async def print(self, page: bytes, paper: str, noun: str, reader: Reader) -> bytes:
        """Return a page as PDF. Cancelled, it ends all that runs for it.

        It counts as a session of the reader's. Raises WorkspaceError, about this noun, if it cannot be printed, and
        RefusedRequest if there is no place for it.
        """
        self.check(noun)
        if len(page) > self._settings.max_input:
            limit = self._settings.max_input >> 20
            raise WorkspaceError(f"is larger than {limit} MiB, printed", noun, "clear large outputs, or make it two")
        await self._count(SESSIONS, reader)
        wish = pb.Open(environment=self._settings.environment)
        opened = await Visit.open(self._sessions, wish, reader.name)
        async with Visit.begun(
            self._sessions, opened.session, opened.opened.token, reader.name, after=0, wants=_tells_an_end
        ) as visit:
            try:
                return await self._printed(visit, page, paper, noun)
            finally:
                with suppress(RefusedRequest):
                    visit.send(pb.Request(close=pb.Close()))

    # ---------------------------------------------------------------- within

    async def _printed(self, visit: Visit, page: bytes, paper: str, noun: str) -> bytes:
        settings, browser = self._settings, self._settings.browser
        try:
            async with asyncio.timeout(FIRST_SECONDS + settings.seconds + MARGIN):
                first = f"from sagews.session import printing\nprinting.find({browser!r})"
                if await _evaluated(visit, "find", first, FIRST_SECONDS) != pb.EVALUATION_REASON_DONE:
                    what = "cannot be printed: the browser of this site is not where it should be"
                    raise WorkspaceError(what, noun, f"{BY_YOURSELF}; operators: see [printing] browser")
                transfer = Transfer(visit)
                await _put(transfer, page)
                code = f"printing.print_page({browser!r}, {paper!r}, {settings.max_bytes})"
                reason = await _evaluated(visit, "print", code, settings.seconds)
                if reason == pb.EVALUATION_REASON_WALL_TIME:
                    raise _too_slow(noun)
                if reason != pb.EVALUATION_REASON_DONE:
                    what = "could not be printed: the browser failed, or reached a limit of its session"
                    raise WorkspaceError(what, noun, f"clear large outputs; or {BY_YOURSELF}")
                return await self._taken(transfer, noun)
        except TimeoutError as error:
            raise _too_slow(noun) from error

    async def _taken(self, transfer: Transfer, noun: str) -> bytes:
        """Return the PDF, whose size and beginning are all that is looked at."""
        piece = await transfer.get(PDF)
        size, taken = piece.size, bytearray()
        while True:
            if size > self._settings.max_bytes or len(piece.piece) != min(MAX_PIECE, size - len(taken)):
                raise _no_pdf(noun)
            taken += piece.piece
            if len(taken) == size:
                break
            piece = await transfer.get(PDF, len(taken), piece.version)
            if piece.size != size:
                raise _no_pdf(noun)
        if not taken.startswith(b"%PDF-"):
            raise _no_pdf(noun)
        return bytes(taken)


async def _evaluated(visit: Visit, name: str, code: str, seconds: float) -> int:
    """Evaluate code; return the reason of its end, or UNSPECIFIED if the session has ended."""
    limits = pb.Limits(wall_time=seconds)
    visit.send(pb.Request(evaluate=pb.Evaluate(evaluation=name, code=code, without_input=True, limits=limits)))
    while not visit.over:
        for told in await visit.next():
            if told.event.HasField("ended"):
                return pb.EVALUATION_REASON_UNSPECIFIED
            if told.event.evaluation == name:
                return told.event.done.reason
    return pb.EVALUATION_REASON_UNSPECIFIED


async def _put(transfer: Transfer, page: bytes) -> None:
    upload = secrets.token_hex(8)
    for start in range(0, len(page), MAX_PIECE):
        piece, last = page[start : start + MAX_PIECE], start + MAX_PIECE >= len(page)
        await transfer.put(pb.PutFile(path=PAGE, upload=upload, offset=start, piece=piece, last=last))


def _tells_an_end(event: pb.Event) -> bool:
    return event.HasField("done") or event.HasField("ended")


def _too_slow(noun: str) -> WorkspaceError:
    return WorkspaceError(
        "takes too long to be printed", noun, f"clear large outputs, or make it two; or {BY_YOURSELF}"
    )


def _no_pdf(noun: str) -> WorkspaceError:
    return WorkspaceError("was printed to no PDF that can be used", noun, BY_YOURSELF)
