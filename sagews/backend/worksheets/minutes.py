"""What the events of a session come to in the tables: outputs, and how evaluations stand. Thinking only, no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from sagews.database.evaluations import ENDED, RUNNING
from sagews.database.outputs import GAP, Output
from sagews.database.recording import UNKNOWN, Change
from sagews.database.texts import storable
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name

LATE = "late_"
"""What the kind of an output begins with that was written after its evaluation had ended."""
UNHEARD = "It has ended; how, the server did not hear."
_COMMS = {pb.OUTPUT_KIND_COMM_OPEN, pb.OUTPUT_KIND_COMM_MSG, pb.OUTPUT_KIND_COMM_CLOSE, pb.OUTPUT_KIND_UNSPECIFIED}
"""Kinds that are for a page that is there now."""


@dataclass(slots=True)
class Minutes:
    """What is to be written down of some events."""

    sequence: int = 0
    outputs: list[Output] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    ended: pb.Ended | None = None
    """The session has ended."""


class Clerk:
    """Turns the events of one session into minutes, in their order."""

    def __init__(self, name: str) -> None:
        """Write for a session of this name."""
        self._name = name
        self.queue: list[str] = []
        """Evaluations that the session has and that have not ended, as far as is known, in order."""
        self._running: set[str] = set()
        self._last = ""
        self._unsure: set[str] = set()
        """What ran before something was missed."""

    @property
    def is_unsure(self) -> bool:
        """Whether something may have ended unheard."""
        return bool(self._unsure)

    def sent(self, evaluation: str, *, runs: bool = False) -> None:
        """Know that the session has an evaluation."""
        if evaluation not in self.queue:
            self.queue.append(evaluation)
        if runs:
            self._running.add(evaluation)

    def write(self, events: Iterable[pb.Event]) -> Minutes:
        """Return what is to be written down of events."""
        minutes = Minutes()
        for event in events:
            minutes.sequence = max(minutes.sequence, event.sequence)
            self._write(event, minutes)
        return minutes

    def answered(self, time: float) -> list[Change]:
        """Know that the session has answered a question: what it ran when something was missed has ended."""
        unsure, self._unsure = [each for each in self.queue if each in self._unsure], set()
        return [self._unheard(each, time) for each in unsure]

    def _write(self, event: pb.Event, minutes: Minutes) -> None:
        name = event.evaluation
        match event.WhichOneof("kind"):
            case "started":
                # One runs at a time: whatever came before it has ended.
                while name in self.queue and self.queue[0] != name:
                    minutes.changes.append(self._unheard(self.queue[0], event.time))
                self._running.add(name)
                self._last = name
                minutes.changes.append(Change(name, RUNNING, event.time))
            case "output" if event.output.kind not in _COMMS:
                kind = enum_name(pb.OutputKind, event.output.kind)
                kind = LATE + kind if event.output.late else kind
                minutes.outputs.append(self._output(event, kind, event.output.body))
            case "truncated":
                told = {"limit": event.truncated.limit, "event_rate": event.truncated.event_rate}
                minutes.outputs.append(self._output(event, "truncated", msgspec.json.encode(told)))
            case "input_taken":
                told = {"input_sequence": event.input_taken.input_sequence}
                minutes.outputs.append(self._output(event, "input_taken", msgspec.json.encode(told)))
            case "gap":
                self._unsure |= self._running & set(self.queue)
                told = {"events": event.gap.events, "bytes": event.gap.bytes}
                if where := self.queue[0] if self.queue else self._last:
                    body = msgspec.json.encode(told)
                    minutes.outputs.append(Output(self._name, event.sequence, where, GAP, body))
            case "done":
                minutes.changes.append(self._done(event))
            case "ended":
                minutes.ended = event.ended

    def _done(self, event: pb.Event) -> Change:
        self._forget(event.evaluation)
        reason = event.done.reason
        stops = reason not in (pb.EVALUATION_REASON_DONE, pb.EVALUATION_REASON_NOT_RUN)
        spares = tuple(self.queue) if stops else None
        words = enum_name(pb.EvaluationReason, reason), storable(event.done.text)
        return Change(event.evaluation, ENDED, event.time, *words, spares)

    def _unheard(self, evaluation: str, time: float) -> Change:
        self._forget(evaluation)
        return Change(evaluation, ENDED, time, UNKNOWN, UNHEARD)

    def _forget(self, evaluation: str) -> None:
        self._last = evaluation
        self._running.discard(evaluation)
        self._unsure.discard(evaluation)
        if evaluation in self.queue:
            self.queue.remove(evaluation)

    def _output(self, event: pb.Event, kind: str, body: bytes) -> Output:
        return Output(self._name, event.sequence, event.evaluation, kind, body)
