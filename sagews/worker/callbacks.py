"""To which evaluation belongs what a session puts out: to the one that runs, the last one, or the one of a widget.

What comes of a message of a comm belongs to the evaluation that shows the view
which sent it, and has the limits of an output for itself. A session takes
messages and evaluations one after the other, in the order in which they were
sent: a message that was sent while something ran is taken after that, and
before what is sent later. Thinking only, no I/O.
"""

from collections import deque
from dataclasses import dataclass

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.evaluations import Evaluation, EvaluationQueue


@dataclass(slots=True)
class _Callback:
    number: int
    """Of the question that was asked with it."""
    speaks: Evaluation
    """What counts its outputs."""
    behind: Evaluation | None
    """What ran when it was sent."""


class Callbacks:
    """The messages of comms that a session has not taken yet, and its evaluations."""

    def __init__(self, queue: EvaluationQueue, limits: pb.Limits) -> None:
        self._queue = queue
        self._limits = limits
        self._waiting: deque[_Callback] = deque()

    def sent(self, number: int, message: pb.CommMessage) -> None:
        """Know that a message goes to the session; a name that it does not know stands for its last evaluation."""
        last = self._queue.running or self._queue.last
        name = message.evaluation if self._queue.knows(message.evaluation) else (last.name if last else "")
        speaks = Evaluation(name=name, cell="", code="", without_input=True, limits=self._limits)
        self._waiting.append(_Callback(number, speaks, self._queue.running))

    def handled(self, number: int) -> None:
        """Know that the session has taken it; any other number is that of another question."""
        if any(each.number == number for each in self._waiting):
            self._waiting = deque(each for each in self._waiting if each.number != number)

    @property
    def speak(self) -> bool:
        """Whether there are any."""
        return bool(self._waiting)

    @property
    def speaking(self) -> Evaluation | None:
        """What the session's outputs belong to now; None before its first evaluation."""
        running = self._queue.running
        if (
            self._waiting
            and self._waiting[0].speaks.name
            and (running is None or self._waiting[0].behind is not running)
        ):
            return self._waiting[0].speaks
        return running or self._queue.last
