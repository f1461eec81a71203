"""Who follows a run: one evaluation, by the name that its client chose for it.

Several readings can share one run. Each of them tells the run's events under
its own name, to everybody who has shown that name: mostly one connection, two
if it is open in two tabs, none while its client is away. A client that comes
back says which event it has last; it gets the rest, if it means the same
attempt, and all of it otherwise.
"""

import asyncio
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sagews.backend.cache_status import CacheStatus
from sagews.backend.hold import Receiver, Told
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

if TYPE_CHECKING:
    from sagews.backend.run import Run

_WORDS = {
    pb.EVALUATION_REASON_REPLACED: "Replaced: another evaluation was started in its place.",
    pb.EVALUATION_REASON_INTERRUPTED: "Interrupted.",
}


@dataclass(slots=True)
class _Place:
    """Where one of those who follow stands."""

    request: int
    """Id of the request by which he follows."""
    told: int
    """Number of the last event that he has been told."""


class Reading:
    """One evaluation's part in a run."""

    def __init__(
        self,
        name: str,
        account: str,
        run: "Run",
        *,
        grace: float,
        returning: bool = True,
        patience: float = math.inf,
    ) -> None:
        """`account` is how its session counts (`Open.reader`).

        `grace`: seconds for which the run goes on for it with nobody there; `returning`: somebody may come back for it;
        `patience`: seconds that it waits in line for a session, if that is less than the site allows.
        """
        self.name = name
        self.account = account
        self.run = run
        self.returning = returning
        self.patience = patience
        self.collapsed = False
        """Whether it shares a run that another one had begun."""
        self._grace = grace
        self._places: dict[Receiver, _Place] = {}
        self._leaving: asyncio.TimerHandle | None = None

    @property
    def status(self) -> CacheStatus:
        """What the cache has done for it."""
        return replace(self.run.status, collapsed=self.collapsed and not self.run.status.hit)

    @property
    def present(self) -> bool:
        """Whether anybody follows it now."""
        return bool(self._places)

    @property
    def stuck(self) -> bool:
        """Whether everybody who follows it is behind."""
        return all(receiver.congested for receiver in self._places)

    # -------------------------------------------------------- who is there

    def join(self, receiver: Receiver, request: int = 0, attempt: str = "", sequence: int = 0) -> None:
        """Let somebody follow, by a request, who has the events of an attempt up to a number."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        same = attempt and attempt == self.run.record.attempt and sequence <= self.run.record.last
        self._places[receiver] = _Place(request, sequence if same else 0)
        self.feed(receiver)
        if self.run.line is not None:
            self._answer(receiver, self.run.line)
        self.run.regulate()

    def request_of(self, receiver: Receiver) -> int:
        """Return the id of the request by which somebody follows; 0 if he does not."""
        place = self._places.get(receiver)
        return 0 if place is None else place.request

    def lose(self, receiver: Receiver) -> None:
        """Know that a follower's connection is gone; when it was the last, the run goes on for it for the grace."""
        if self._places.pop(receiver, None) is None or self.run.record.complete:
            return
        if not self._places and self._leaving is None:
            self._leaving = asyncio.get_running_loop().call_later(self._grace, self.run.leave, self)
        self.run.regulate()

    def leave(self, receiver: Receiver) -> None:
        """Know that a follower wants it no more; when it was the last, its part in the run is over."""
        if self._places.pop(receiver, None) is not None and not self._places:
            self.run.leave(self)

    def replace(self, receiver: Receiver) -> None:
        """Tell a follower that another evaluation took the place of this one, and let it go."""
        if receiver in self._places and not self.run.record.complete:
            self._tell_end(receiver, pb.EVALUATION_REASON_REPLACED)
        self.leave(receiver)

    def interrupt(self) -> None:
        """End it: by interrupting the run if that is for it alone. Raises RefusedRequest if the session is away."""
        if self.run.record.complete or self.run.interrupt(self):
            return
        for receiver in tuple(self._places):
            self._tell_end(receiver, pb.EVALUATION_REASON_INTERRUPTED)
        self.end()

    def withdraw(self) -> None:
        """Take it back while it waits for a place."""
        what, hint = "the wait for a place was ended", "evaluate again to wait anew"
        self.run.withdraw(self, RefusedRequest(pb.FAILURE_CODE_FULL, what, "", hint))

    def answer(self, reply: pb.InputReply) -> None:
        """Answer its `input()`. Raises RefusedRequest if the session is away."""
        self.run.answer(self, reply)

    def end(self) -> None:
        """Let everybody go."""
        self._places.clear()
        self.forget()
        self.run.leave(self)

    def forget(self) -> None:
        """Know that the run is over: nothing has to be waited for any more."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    # ------------------------------------------------------------- events

    def move(self, run: "Run") -> None:
        """Follow another run from its start: what was told of this one is void."""
        self.run, self.collapsed = run, False
        for place in self._places.values():
            place.told = 0

    def pump(self) -> None:
        """Tell everybody what is new."""
        for receiver in tuple(self._places):
            self.feed(receiver)

    def feed(self, receiver: Receiver) -> None:
        """Tell somebody what he has not been told yet, as far as his connection takes it."""
        record = self.run.record
        while (place := self._places.get(receiver)) is not None and not receiver.congested:
            if (following := record.tell(place.told, self.name)) is None:
                if record.complete:
                    del self._places[receiver]
                return
            place.told, told = following
            receiver.take(told)

    def drained(self, receiver: Receiver) -> None:
        """Know that a follower's connection is behind no longer."""
        self.feed(receiver)
        self.run.regulate()

    def tell(self, event: pb.Event) -> None:
        """Tell everybody of what has no number, as an answer to the request by which he follows."""
        for receiver in tuple(self._places):
            self._answer(receiver, event)

    def refuse(self, refused: RefusedRequest) -> None:
        """Tell everybody that it cannot be run, and let them go."""
        event = refused.failure()
        event.time = time.time()
        self.tell(event)
        self._places.clear()
        self.forget()

    def _answer(self, receiver: Receiver, event: pb.Event) -> None:
        told = pb.Event()
        told.CopyFrom(event)
        told.session, told.request, told.evaluation = "", self._places[receiver].request, self.name
        receiver.take(Told(told))

    def _tell_end(self, receiver: Receiver, reason: pb.EvaluationReason) -> None:
        event = pb.Event(sequence=self._places[receiver].told + 1, evaluation=self.name, time=time.time())
        event.done.reason, event.done.text = reason, _WORDS[reason]
        receiver.take(Told(event))
