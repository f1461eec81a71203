"""One HTTP request's hold on a session, for as long as a file or a list of files goes over it.

It asks the session one question at a time and waits for the answer before
the next: so nobody on the way holds more of a file than one piece, however
slow the reader is. It takes no part in the session's events.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sagews.backend.hold import Hold, Told
from sagews.backend.session import Session
from sagews.backend.sessions import Sessions
from sagews.backend.workers import unreachable
from sagews.errors import ServiceError
from sagews.protocol import MAX_PIECE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

ANSWER_DEADLINE = 30.0
"""Seconds for an answer of the session; it gives none while an evaluation runs."""
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds before a question is asked again that the worker had no room for, while many events are on their way."""
_NO_REPLAY = 2**53
"""Attaching after this number means that no earlier event is wanted."""


class Transfer:
    """Questions about the files of one session, and their answers."""

    congested = False

    def __init__(self, name: str, reader: str) -> None:
        self.reader = reader
        """Account or address, for the log."""
        self._name = name
        self._session: Session | None = None
        self._hold: Hold | None = None
        # Numbers of holds come back: a late answer to an earlier one must not be taken for ours.
        self._id = secrets.randbelow(1 << 52)
        self._answer: asyncio.Future[pb.Event] | None = None

    @classmethod
    @asynccontextmanager
    async def begun(cls, sessions: Sessions, name: str, token: str, reader: str) -> AsyncIterator["Transfer"]:
        """Give a transfer with a session, which lives on afterwards. Raises RefusedRequest."""
        transfer = cls(name, reader)
        try:
            await transfer._attach(sessions, token)
            yield transfer
        finally:
            if transfer._session is not None and transfer._hold is not None:
                transfer._session.release(transfer._hold)

    async def _attach(self, sessions: Sessions, token: str) -> None:
        request = pb.Request(id=self._next_id())
        request.attach.session, request.attach.token = self._name, token
        request.attach.after_sequence = _NO_REPLAY
        answer = self._expect()
        self._session, self._hold = await sessions.attach(self, request)
        self._session.listen()
        await self._answered(answer, "attached")

    # ----------------------------------------------------------- questions

    async def list(self, path: bytes) -> pb.FilesListed:
        """Return what is in a directory. Raises RefusedRequest."""
        return (await self._ask("files_listed", list_files=pb.ListFiles(path=path))).files_listed

    async def get(self, path: bytes, offset: int = 0, version: bytes = b"") -> pb.FilePiece:
        """Return a piece of a file. Raises RefusedRequest."""
        wish = pb.GetFile(path=path, offset=offset, size=MAX_PIECE, version=version)
        return (await self._ask("file_piece", get_file=wish)).file_piece

    async def put(self, wish: pb.PutFile) -> pb.FilePut:
        """Put a piece of a file. Raises RefusedRequest."""
        return (await self._ask("file_put", put_file=wish)).file_put

    def abandon(self, path: bytes, upload: str) -> None:
        """Have what was put so far removed; nobody waits for it."""
        with contextlib.suppress(RefusedRequest):
            self._send(pb.Request(put_file=pb.PutFile(path=path, upload=upload, abandon=True)))

    async def _ask(self, kind: str, **question: pb.ListFiles | pb.GetFile | pb.PutFile) -> pb.Event:
        for pause in (*PAUSES, None):
            request = pb.Request(id=self._next_id(), **question)  # type: ignore[arg-type]  # each is of its own field
            answer = self._expect()
            self._send(request)
            try:
                return await self._answered(answer, kind)
            except RefusedRequest as refused:
                if refused.code != pb.FAILURE_CODE_FULL or pause is None:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the last question is answered or raises")

    def _send(self, request: pb.Request) -> None:
        assert self._session is not None and self._hold is not None
        try:
            self._session.send(self._hold, request)
        except ServiceError as error:
            raise unreachable() from error

    def _next_id(self) -> int:
        self._id += 1
        return self._id

    def _expect(self) -> "asyncio.Future[pb.Event]":
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    async def _answered(self, answer: "asyncio.Future[pb.Event]", kind: str) -> pb.Event:
        try:
            async with asyncio.timeout(ANSWER_DEADLINE):
                event = await answer
        except TimeoutError as error:
            raise _busy(self._name) from error
        match event.WhichOneof("kind"):
            case "failure":
                failure = event.failure
                raise RefusedRequest(failure.code, failure.what, failure.noun, failure.hint)
            case told if told != kind:
                raise RefusedRequest(
                    pb.FAILURE_CODE_INTERNAL, f"answered by {told}", f"session {self._name}", "try again"
                )
        return event

    # -------------------------------------------------- what the session tells

    def take(self, told: Told) -> None:
        """Take the answer to the question that is open; see `hold.Receiver`."""
        event = told.event
        if event.request == self._id and not event.sequence:
            self._settle(event)

    def released(self, session: str) -> None:
        """Know that the session has ended."""
        event = pb.Event()
        event.failure.code = pb.FAILURE_CODE_UNKNOWN_SESSION
        event.failure.what, event.failure.noun = "has ended", f"session {session}"
        event.failure.hint = "open a new one"
        self._settle(event)

    def _settle(self, event: pb.Event) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(event)


def _busy(name: str) -> RefusedRequest:
    return RefusedRequest(
        pb.FAILURE_CODE_UNAVAILABLE,
        f"did not answer within {ANSWER_DEADLINE:.0f} s: it answers between evaluations",
        f"session {name}",
        "wait for the evaluation to end, or stop it",
    )
