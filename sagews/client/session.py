"""One session as its client sees it. Thinks about events and messages; the Client carries them.

Every message that changes something is kept until an event shows that it
arrived: `queued` for an evaluation, `input_taken` for a reply, and so on.
After a connection was lost, the session is attached after the last sequence
number that it has, and what is still unsettled is sent once more with the
same id, which runs nothing twice.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any, Protocol

import msgspec

from sagews.client.events import (
    Completed,
    Done,
    Ended,
    Event,
    Failure,
    Gap,
    InputTaken,
    Inspected,
    Opened,
    Output,
    Queued,
)
from sagews.client.files import FileList, Files
from sagews.errors import ProtocolError, SagewsError, ServiceError
from sagews.protocol import MAX_CODE

Json = dict[str, Any]

ANSWER_DEADLINE = 100.0
"""Seconds for an answer, a lost connection and its return included."""
CLOSE_DEADLINE = 5.0
"""Seconds until every process of a session that is closed is gone."""
MAX_UNCLAIMED = 1000
"""Events that came under no evaluation that is being followed: the oldest go first."""

_Key = tuple[str, str | int]


class Carrier(Protocol):
    """What carries a session's messages: the Client."""

    def next_id(self) -> int:
        """Return an id that no request has had."""

    def carry(self, session: "Session", message: Json) -> None:
        """Send a message, if the session is attached now."""

    @property
    def files(self) -> Files:
        """The way that files take."""


class Session:
    """A session that this client opened."""

    def __init__(self, carrier: Carrier, opened: Opened) -> None:
        self.name = opened.session
        self.token = opened.token
        """What lets a client attach to it; tell nobody."""
        self.environment = opened.environment
        self.limits = opened.limits
        self.last_sequence = 0
        """Of the last event that was received."""
        self.ended: Ended | None = None
        """Set once the session has ended."""
        self.away = False
        """Whether the server cannot reach it now, and looks for it."""
        self.unclaimed: asyncio.Queue[Event] = asyncio.Queue(MAX_UNCLAIMED)
        """Events that belong to no evaluation that is being followed, such as late outputs."""
        self._carrier = carrier
        self._followed: dict[str, asyncio.Queue[Event | SagewsError]] = {}
        self._asked: dict[int, asyncio.Future[Event]] = {}
        self._unsettled: dict[_Key, Json] = {}
        self._end = asyncio.Event()

    # -------------------------------------------------------------- requests

    async def evaluate(
        self,
        code: str,
        *,
        language: str = "",
        cell: str = "",
        without_input: bool = False,
        limits: dict[str, float] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Evaluate code and yield its events, from Queued to Done.

        Ends with Ended instead if the session ends without a Done. `language`
        is that of the code, by default the environment's own; `limits` lower
        the session's. Raises ServiceError if it is refused, or if the
        server stays out of reach.
        """
        self._check_alive()
        _check_size(code)
        name = "e" + secrets.token_hex(8)
        events: asyncio.Queue[Event | SagewsError] = asyncio.Queue()
        self._followed[name] = events
        fields: Json = {"evaluation": name, "cell": cell, "code": code, "without_input": without_input}
        if language:
            fields["language"] = language
        if limits:
            fields["limits"] = limits
        self._settle_later(("evaluate", name), "evaluate", **fields)
        deadline: float | None = ANSWER_DEADLINE
        try:
            while True:
                event = await self._within(deadline, events.get())
                deadline = None  # the connection's own heartbeat watches from here on
                if isinstance(event, SagewsError):
                    raise event
                yield event
                if isinstance(event, Done | Ended):
                    return
        finally:
            del self._followed[name]
            self._unsettled.pop(("evaluate", name), None)

    async def interrupt(self) -> None:
        """Interrupt the running evaluation and drop those that wait."""
        if self.ended is None:
            self._settle_later(("interrupt", ""), "interrupt")

    async def input_reply(self, request: Output, text: str) -> None:
        """Answer an input request; one that is over already is ignored."""
        _check_size(text)
        if self.ended is None:
            self._settle_later(("input", request.sequence), "input_reply", sequence=request.sequence, text=text)

    async def complete(self, code: str, cursor: int) -> Json:
        """Return Jupyter's complete_reply (matches, cursor_start, cursor_end) for a cursor in code points."""
        _check_size(code)
        answer = await self._ask("complete", code=code, cursor=cursor)
        return _decoded(answer.body if isinstance(answer, Completed) else "")

    async def inspect(self, code: str, cursor: int, detail: int = 0) -> Json:
        """Return Jupyter's inspect_reply (found, data) for the name at the cursor."""
        _check_size(code)
        answer = await self._ask("inspect", code=code, cursor=cursor, detail=detail)
        return _decoded(answer.body if isinstance(answer, Inspected) else "")

    async def files(self, directory: str = "") -> FileList:
        """Return what is in a directory of the session: by default the one in which it started.

        Answered between evaluations, as `get` and `put` are. Raises ServiceError.
        """
        self._check_alive()
        return await self._carrier.files.list(self.name, self.token, directory)

    async def get(self, path: str) -> bytes:
        """Return the content of a file. Raises ServiceError if there is none, or it changes meanwhile."""
        self._check_alive()
        return await self._carrier.files.get(self.name, self.token, path)

    async def put(self, path: str, content: bytes | AsyncIterable[bytes], *, replace: bool = True) -> None:
        """Make a file, which appears when it is whole. Raises ServiceError.

        Without `replace`, a file that is there already stays, and that is an error.
        """
        self._check_alive()
        await self._carrier.files.put(self.name, self.token, path, content, replace=replace)

    async def close(self) -> None:
        """End the session; returns when every process of it is gone. Raises ServiceError after a deadline."""
        if self.ended is None:
            self._settle_later(("close", ""), "close")
            await self._within(CLOSE_DEADLINE, self._end.wait())

    async def wait_ended(self) -> Ended:
        """Return the session's end, when it comes."""
        await self._end.wait()
        assert self.ended is not None
        return self.ended

    # -------------------------------------------------- what the Client tells

    def receive(self, event: Event) -> None:
        """Take an event of this session; one that is known already is dropped."""
        if event.sequence:
            if event.sequence <= self.last_sequence:
                return
            self.last_sequence = event.sequence
        match event:
            case Failure() | Completed() | Inspected():
                self._answered(event)
                return
            case Queued():
                self._unsettled.pop(("evaluate", event.evaluation), None)
            case InputTaken():
                self._unsettled.pop(("input", event.input_sequence), None)
            case Done():
                self._unsettled.pop(("interrupt", ""), None)
                self._unsettled.pop(("evaluate", event.evaluation), None)
            case Ended():
                self._ended(event)
        self._give(event)

    def lost(self, text: str) -> None:
        """Take note that the session is not known to the server any more."""
        if self.ended is None:
            closing = ("close", "") in self._unsettled
            self.receive(Ended(session=self.name, reason="closed" if closing else "worker_lost", text=text))

    def fail(self, error: SagewsError) -> None:
        """Tell everybody who waits that the server is out of reach for good."""
        for events in self._followed.values():
            events.put_nowait(error)
        for future in self._asked.values():
            if not future.done():
                future.set_exception(error)

    def attach_message(self, number: int) -> Json:
        """Return the request, of this id, for all that comes after the last event that was received."""
        fields: Json = {"session": self.name, "token": self.token, "after_sequence": self.last_sequence}
        return {"kind": "attach", "id": number, **fields}

    def unsettled(self) -> list[Json]:
        """Return the messages to send once more after an attach, in the order of the first time."""
        return list(self._unsettled.values())

    # ---------------------------------------------------------------- within

    def _settle_later(self, key: _Key, kind: str, **fields: Any) -> Json:
        message: Json = {"kind": kind, "id": self._carrier.next_id(), "session": self.name, **fields}
        self._unsettled[key] = message
        self._carrier.carry(self, message)
        return message

    async def _ask(self, kind: str, **fields: Any) -> Event:
        self._check_alive()
        number = self._carrier.next_id()
        message: Json = {"kind": kind, "id": number, "session": self.name, **fields}
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._asked[number], self._unsettled[("ask", number)] = future, message
        self._carrier.carry(self, message)
        try:
            answer: Event = await self._within(ANSWER_DEADLINE, future)
            return answer
        finally:
            self._asked.pop(number, None)
            self._unsettled.pop(("ask", number), None)

    async def _within(self, seconds: float | None, waiting: Any) -> Any:
        try:
            async with asyncio.timeout(seconds):
                return await waiting
        except TimeoutError:
            raise ServiceError(f"no answer within {seconds:g} s", f"session {self.name}", "try again") from None

    def _answered(self, event: Event) -> None:
        if self.away and isinstance(event, Failure) and event.code == "unavailable":
            return  # it is asked again when the session is reached
        future = self._asked.get(event.request)
        if future is not None and not future.done():
            if isinstance(event, Failure):
                future.set_exception(failure_error(event))
            else:
                future.set_result(event)
            return
        for key, message in list(self._unsettled.items()):
            if message["id"] == event.request and isinstance(event, Failure):
                del self._unsettled[key]
                if (events := self._followed.get(str(key[1]))) is not None:
                    events.put_nowait(failure_error(event))
                elif key[0] == "close" and event.code == "unknown_session":
                    self.lost(event.what)

    def _give(self, event: Event) -> None:
        if isinstance(event, Gap | Ended):
            for events in self._followed.values():
                events.put_nowait(event)
        elif (events := self._followed.get(event.evaluation)) is not None:  # type: ignore[assignment]
            events.put_nowait(event)
        else:
            if self.unclaimed.full():
                self.unclaimed.get_nowait()
            self.unclaimed.put_nowait(event)

    def _ended(self, event: Ended) -> None:
        self.ended = event
        self._unsettled.clear()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(ServiceError(event.text, f"session {self.name}", "open a new one"))
        self._end.set()

    def _check_alive(self) -> None:
        if self.ended is not None:
            raise ServiceError(self.ended.text or "has ended", f"session {self.name}", "open a new one")


def failure_error(failure: Failure) -> ServiceError:
    """Return the server's failure as an error."""
    return ServiceError(failure.what, failure.noun, failure.hint)


def _check_size(text: str) -> None:
    """Refuse what a server would end the connection for, again and again. Raises ServiceError."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_CODE:
        raise ServiceError(f"is over {MAX_CODE >> 20} MiB", "code", "put data into files of their own")


def _decoded(body: str) -> Json:
    """Return a JSON object that came from a session. Raises ProtocolError for anything else."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ProtocolError("is not a JSON object", "the session's answer", "try again")
    return content
