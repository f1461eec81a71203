"""The questions of a page that belong to none of its sessions: completions and documentation while one types.

They are answered by a session of the page's own, opened at the first of them,
in which nothing is evaluated. It is held for no longer than an answer takes,
and ends by itself. What programs of other languages know is known without one.
"""

import asyncio
import json
from collections.abc import Callable

import structlog

from sagews.backend.rates import SESSIONS, Rates
from sagews.backend.reader import Reader
from sagews.backend.sagecell import questions
from sagews.backend.sagecell.message import Message, compose
from sagews.backend.sagecell.outward import SHELL
from sagews.backend.sessions import Sessions
from sagews.backend.visit import Visit
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from sagews.protocol.languages import OF_SESSIONS
from sagews.protocol.names import following

IDLE = 300.0
"""Seconds without a question after which the session ends."""
MAX_ASKED = 20
"""Questions that wait; further ones are passed over."""
KINDS = frozenset({"complete_request", "object_info_request", "inspect_request"})
MAX_NAMES = 500
"""Completions that are told; nobody reads more."""
_AGAIN = (pb.FAILURE_CODE_UNKNOWN_SESSION, pb.FAILURE_CODE_WRONG_TOKEN)

log = structlog.get_logger()


class Completer:
    """Answers the questions of one page."""

    def __init__(self, reader: Reader, sessions: Sessions, rates: Rates, environment: Callable[[], str]) -> None:
        """`environment`: that in which its session is."""
        self._reader = reader
        self._sessions = sessions
        self._rates = rates
        self._environment = environment
        self._opened: pb.Event | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()

    def take(self, message: Message, send: Callable[[str], None]) -> None:
        """Answer a question in a while, by `send`."""
        if message.kind not in KINDS or len(self._tasks) >= MAX_ASKED:
            return
        task = asyncio.get_running_loop().create_task(self._answer(message, send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Answer nothing any more."""
        for task in self._tasks:
            task.cancel()

    async def _answer(self, message: Message, send: Callable[[str], None]) -> None:
        event = pb.Event()
        if message.text("mode") not in OF_SESSIONS:
            event = _named(message)
        else:
            try:
                event = await self._ask(message)
            except (RefusedRequest, ServiceError) as refused:
                event.failure.what = refused.what
            except Exception:
                log.exception("question not answered", reader=self._reader.address)
        if (reply := questions.reply_of(message, event)) is not None:
            send(compose("", SHELL, *reply, message.header))

    async def _ask(self, message: Message) -> pb.Event:
        """Ask the session, or a new one where that has ended. Raises RefusedRequest, ServiceError."""
        request = questions.request_of(message)
        assert request is not None
        kind = "completed" if request.HasField("complete") else "inspected"
        question = {str(request.WhichOneof("kind")): getattr(request, str(request.WhichOneof("kind")))}
        async with self._one:
            if self._opened is not None:
                try:
                    return await self._asked(self._opened, kind, question)
                except RefusedRequest as refused:
                    if refused.code not in _AGAIN:
                        raise
            await self._rates.take(SESSIONS, self._reader)
            wish = pb.Open(environment=self._environment(), limits=pb.Limits(idle=IDLE))
            self._opened = await Visit.open(self._sessions, wish, self._reader.name)
            return await self._asked(self._opened, kind, question)

    async def _asked(self, opened: pb.Event, kind: str, question: dict[str, object]) -> pb.Event:
        async with Visit.begun(self._sessions, opened.session, opened.opened.token, self._reader.name) as visit:
            return await visit.ask(kind, **question)


def _named(message: Message) -> pb.Event:
    """Return what is known of a language without a session: its names, and no documentation."""
    event = pb.Event()
    asked = questions.request_of(message)
    if asked is None or not asked.HasField("complete"):
        event.failure.what = "is not documented"
        return event
    code, cursor = asked.complete.code, asked.complete.cursor
    names, start = following(code, cursor, message.text("mode"))
    told = {"matches": names[:MAX_NAMES], "cursor_start": start, "cursor_end": min(cursor, len(code)), "metadata": {}}
    event.completed.body = json.dumps(told).encode()
    return event
