"""The queue of evaluations of one session. Thinking only, no I/O."""

from collections import deque
from dataclasses import dataclass, field

from sagews.protocol import sagews_pb2 as pb
from sagews.service.limits import lowered
from sagews.worker.bucket import Bucket
from sagews.worker.refusal import Refusal

MAX_KNOWN = 100_000
"""Names of evaluations that are remembered, so that one that is sent again runs once; the oldest are forgotten."""


@dataclass(slots=True)
class Evaluation:
    """One run of one source."""

    name: str
    """Chosen by the client, unique in the session."""
    cell: str
    code: str
    without_input: bool
    limits: pb.Limits
    """In force for this evaluation: the session's, lowered by the request."""
    started: float = 0.0
    """Of the monotonic clock; 0 while it waits."""
    output_bytes: int = 0
    """Bytes of all outputs so far, also of those that were cut."""
    bucket: Bucket | None = None
    """Of its outputs, from the first on."""
    cut_for: pb.EvaluationReason | None = None
    """Which limit cut its output, once one has."""
    stopping: pb.EvaluationReason | None = None
    """Why it is being stopped, once it is."""
    pending_input: int = 0
    """Sequence number of its input_request that nobody has answered yet."""
    language: str = ""
    """That of the code; empty: the environment's own."""
    watched: bool = False
    """Whether its end shall say if it can be repeated."""
    expressions: dict[str, str] = field(default_factory=dict)
    """Those whose values the session is to tell at its end."""

    @classmethod
    def wished(cls, wish: pb.Evaluate, limits: pb.Limits) -> "Evaluation":
        """Return what a request asks for, in a session of these limits."""
        return cls(
            name=wish.evaluation,
            cell=wish.cell,
            code=wish.code,
            without_input=wish.without_input,
            limits=lowered(limits, wish.limits),
            language=wish.language,
            watched=wish.watched,
            expressions=dict(wish.expressions),
        )

    def request(self) -> pb.Request:
        """Return what the session is sent."""
        request = pb.Request()
        request.evaluate.evaluation = self.name
        request.evaluate.cell = self.cell
        request.evaluate.code = self.code
        request.evaluate.without_input = self.without_input
        request.evaluate.language = self.language
        request.evaluate.watched = self.watched
        request.evaluate.expressions.update(self.expressions)
        return request

    def reason(self, status: int) -> pb.EvaluationReason:
        """Return why it has ended; `status` is the session's own word on it."""
        if self.cut_for is not None:
            return self.cut_for
        match status:
            case pb.FINISHED_STATUS_OK:
                return pb.EVALUATION_REASON_DONE
            case pb.FINISHED_STATUS_INTERRUPTED:
                return self.stopping or pb.EVALUATION_REASON_INTERRUPTED
            case _:
                return self.stopping or pb.EVALUATION_REASON_ERROR

    def unrepeatable(self, word: pb.Unrepeatable) -> pb.Unrepeatable:
        """Return why its result is not to be kept; `word` is the session's own. Nothing unless it was watched."""
        if not self.watched:
            return pb.UNREPEATABLE_UNSPECIFIED
        # For what this worker has no name, it is not kept either.
        return word if word in pb.Unrepeatable.values() else pb.UNREPEATABLE_FOREIGN_CODE


@dataclass(slots=True)
class EvaluationQueue:
    """One runs, the others wait in order; an error or an interrupt drops what waits."""

    running: Evaluation | None = None
    last: Evaluation | None = None
    """The one that ran before; late output goes under it."""
    _waiting: deque[Evaluation] = field(default_factory=deque)
    _known: dict[str, None] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Whether an evaluation of this name was queued here before."""
        return name in self._known

    def check(self, wish: pb.Evaluate, most_waiting: int, session: str) -> None:
        """See that an evaluation can be queued. Raises Refusal."""
        if self.waiting >= most_waiting:
            raise Refusal(
                pb.FAILURE_CODE_FULL,
                f"{self.waiting} evaluations wait already",
                f"session {session}",
                "wait for some to end, or interrupt",
            )
        if wish.watched and self._known:
            raise Refusal(
                pb.FAILURE_CODE_OUT_OF_ORDER,
                "is to be watched, and is not the first of its session",
                f"evaluation {wish.evaluation}",
                "open a session for it",
            )

    @property
    def waiting(self) -> int:
        """How many wait, the running one not counted."""
        return len(self._waiting)

    @property
    def before_next(self) -> int:
        """How many an evaluation that is queued now has before it, the running one included."""
        return len(self._waiting) + (self.running is not None)

    def add(self, evaluation: Evaluation) -> None:
        """Queue an evaluation whose name is new."""
        self._known[evaluation.name] = None
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._waiting.append(evaluation)

    def start_next(self, now: float) -> Evaluation | None:
        """Make the first that waits the running one and return it; None if one runs or none waits."""
        if self.running is not None or not self._waiting:
            return None
        self.running = self._waiting.popleft()
        self.running.started = now
        return self.running

    def finish(self) -> Evaluation:
        """Take the running one off and return it."""
        assert self.running is not None
        self.last, self.running = self.running, None
        return self.last

    def drop_waiting(self) -> list[Evaluation]:
        """Take all that wait off and return them in order."""
        dropped = list(self._waiting)
        self._waiting.clear()
        return dropped
