"""Completions, inspections and files of one session: questions that are answered once, between evaluations."""

import time
from collections.abc import Callable

from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import files
from sagews.worker.refusal import Refusal

MAX_ASKED = 1000
"""Questions that may wait for a session's answer."""
MAX_REPLY = 1 << 20
"""Bytes of one answer."""

_ANSWERED_BY_BODY = frozenset({"complete", "inspect", "comm_message"})
"""Questions whose answer is JSON that nobody parses on the way, or nothing but that they were taken."""

Answer = Callable[[pb.Event], None]
"""Takes the event that answers."""


class Questions:
    """What was asked of one session and is not answered yet. Thinking only, no I/O."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._waiting: dict[int, tuple[pb.Request, Answer]] = {}
        self._last = 0

    def add(self, request: pb.Request, answer: Answer) -> int:
        """Remember who wants the answer; return the id under which the session is to give it. Raises Refusal."""
        if len(self._waiting) >= MAX_ASKED:
            raise Refusal(
                pb.FAILURE_CODE_FULL, f"has {MAX_ASKED} questions to answer", f"session {self._session}", "wait"
            )
        self._last += 1
        self._waiting[self._last] = (files.question(request), answer)
        return self._last

    def drop(self, number: int) -> None:
        """Forget a question that did not reach the session."""
        self._waiting.pop(number, None)

    def reply(self, reply: pb.Reply) -> None:
        """Give the session's reply to whoever asked; one to no question, or to one that was answered, is nothing.

        Raises ProtocolError if it answers a question about files.
        """
        if (waiting := self._waiting.get(reply.request)) is None:
            return
        request, answer = waiting
        if request.WhichOneof("kind") not in _ANSWERED_BY_BODY:
            raise ProtocolError("answered a question about files with something else", "session")
        del self._waiting[reply.request]
        if len(reply.body) > MAX_REPLY:
            refusal = Refusal(pb.FAILURE_CODE_TOO_LARGE, f"is over {MAX_REPLY:,} bytes", "answer", "ask for less")
            answer(refusal.event(request.id))
            return
        event = pb.Event(session=self._session, request=request.id, time=time.time())
        if request.WhichOneof("kind") == "complete":
            event.completed.body = reply.body
        elif request.WhichOneof("kind") == "comm_message":
            event.comm_handled.SetInParent()
        else:
            event.inspected.body = reply.body
        answer(event)

    def file_reply(self, reply: pb.FileReply) -> None:
        """Give the session's reply about a file to whoever asked. Raises ProtocolError if it is no answer to that."""
        if (waiting := self._waiting.get(reply.request)) is None:
            return
        request, answer = waiting
        event = files.event(request, reply)
        del self._waiting[reply.request]
        event.session, event.time = self._session, time.time()
        answer(event)

    def fail(self) -> None:
        """Tell everybody who waits that the session has ended."""
        for request, answer in self._waiting.values():
            refusal = Refusal(
                pb.FAILURE_CODE_UNKNOWN_SESSION, "has ended", f"session {self._session}", "open a new one"
            )
            answer(refusal.event(request.id))
        self._waiting.clear()
