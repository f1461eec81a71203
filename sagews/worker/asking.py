"""What a session is asked between evaluations: completions, inspections, files, and messages of comms to take.

An evaluation waits until the session has taken the messages that were sent
before it, and is sent only then: so it can still be taken back, its clock does
not run, and no interrupt that is for it meets what a message has begun. What
is said to comms while it waits is held here, and sent after it. Thinking and
sending only.
"""

from collections import deque

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.callbacks import Callbacks
from sagews.worker.evaluations import EvaluationQueue
from sagews.worker.process import SessionProcess
from sagews.worker.questions import Answer, Questions
from sagews.worker.refusal import Refusal

MAX_HELD = 1000
"""Messages that are held."""
MAX_HELD_BYTES = 16 << 20
"""Bytes of them."""


class Asking:
    """The questions to one session."""

    def __init__(self, session: str, process: SessionProcess, queue: EvaluationQueue, limits: pb.Limits) -> None:
        self.questions = Questions(session)
        self.callbacks = Callbacks(queue, limits)
        self._session = session
        self._process = process
        self._queue = queue
        self._held: deque[tuple[pb.Request, Answer]] = deque()
        self._bytes = 0

    @property
    def holds(self) -> bool:
        """Whether an evaluation waits for messages that were sent before it."""
        return self._queue.running is None and self._queue.waiting > 0

    def ask(self, request: pb.Request, answer: Answer) -> None:
        """Send a question, now or after the evaluation that waits; `answer` gets the event. Raises Refusal."""
        if not request.HasField("comm_message") or not self.holds:
            self._send(request, answer)
            return
        size = request.ByteSize()
        if len(self._held) >= MAX_HELD or self._bytes + size > MAX_HELD_BYTES:
            raise self._full()
        self._held.append((request, answer))
        self._bytes += size

    def release(self) -> None:
        """Send what was held, unless an evaluation waits still."""
        while self._held and not self.holds:
            request, answer = self._held.popleft()
            self._bytes -= request.ByteSize()
            try:
                self._send(request, answer)
            except Refusal as refusal:
                answer(refusal.event(request.id))

    def reply(self, reply: pb.Reply) -> None:
        """Give the session's reply to whoever asked. Raises ProtocolError; see `Questions.reply`."""
        self.callbacks.handled(reply.request)
        self.questions.reply(reply)

    def fail(self) -> None:
        """Tell everybody who waits that the session has ended."""
        for request, answer in self._held:
            what, noun, hint = "has ended", f"session {self._session}", "open a new one"
            answer(Refusal(pb.FAILURE_CODE_UNKNOWN_SESSION, what, noun, hint).event(request.id))
        self._held.clear()
        self.questions.fail()

    def _send(self, request: pb.Request, answer: Answer) -> None:
        forward = pb.Request()
        forward.CopyFrom(request)
        forward.id = self.questions.add(request, answer)
        if request.HasField("comm_message"):
            self.callbacks.sent(forward.id, request.comm_message)
        if not self._process.send(forward):
            self.questions.drop(forward.id)
            self.callbacks.handled(forward.id)
            raise self._full()

    def _full(self) -> Refusal:
        what, hint = "does not read its messages", "interrupt or restart it"
        return Refusal(pb.FAILURE_CODE_FULL, what, f"session {self._session}", hint)
