"""What one connection is counted, and what its client is told of that before it is too much.

An evaluation counts once, however often it is sent: what is known by its name
already is neither counted again nor refused, since it runs nothing. What is
refused before anything is heard of it is given back.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sagews.backend.hold import Hold
from sagews.backend.quotas import Counted
from sagews.backend.rates import EDITS, EVALUATIONS, SESSIONS, WORKSHEETS, Rates
from sagews.backend.reader import Reader
from sagews.backend.runs import Runs
from sagews.backend.session import Session
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode
from sagews.protocol.json_requests import RefusedRequest

COUNTED = {
    **{"open": SESSIONS, "evaluate": EVALUATIONS, "run": EVALUATIONS},
    **{"open_worksheet": WORKSHEETS, "edit_worksheet": EDITS, "evaluate_cell": EVALUATIONS},
}
"""Which requests are counted, and as what; not a `run` that only joins, of which a page asks many as it is loaded."""
MAX_OPEN = 1000
"""Evaluations of one connection that are given back if they are refused; what is asked before them stays counted."""


class Toll:
    """Counts the requests of one connection."""

    def __init__(
        self, rates: Rates, runs: Runs, holds: Mapping[str, tuple[Session, Hold]], send: Callable[[str], None]
    ) -> None:
        """`runs` and `holds` know what was asked before; `send` takes a message to the client."""
        self._rates = rates
        self._runs = runs
        self._holds = holds
        self._send = send
        self._told = ""
        """What the client was told of a quota that is nearly used; empty: of none."""
        self._open: dict[tuple[str, str], Counted] = {}
        """What was counted and not heard of yet, by session, if it has one, and evaluation."""

    async def greet(self, reader: Reader) -> None:
        """Tell somebody who has just come of a quota that is nearly used."""
        self._tell(await self._rates.near(reader))

    async def take(self, request: pb.Request, reader: Reader) -> Counted:
        """Count what is asked, if that is counted. Raises RefusedRequest if it is too much."""
        kind = COUNTED.get(request.WhichOneof("kind") or "")
        if kind is None or self._knows(request):
            return Counted()
        if request.run.join:
            # Whether its result is known depends on the limits that its reader may have.
            await self._rates.learn(reader)
            return Counted()
        counted = await self._rates.take(kind, reader)
        if kind == EVALUATIONS:
            self._tell(counted.near)
        return counted

    def give_back(self, counted: Counted) -> None:
        """Take back what was counted of a request that nobody acts on."""
        self._rates.give_back(counted)

    @contextmanager
    def acting(self, request: pb.Request, counted: Counted) -> Iterator[None]:
        """Act on a request; what was counted of it is given back if it is refused, now or later."""
        named = request.run.evaluation or request.evaluate.evaluation or request.evaluate_cell.evaluation
        key = request.session, named
        if counted.who:
            self._open[key] = counted
            if len(self._open) > MAX_OPEN:
                del self._open[next(iter(self._open))]
        try:
            yield
        except RefusedRequest:
            if counted.who:
                self._open.pop(key, None)
            self._rates.give_back(counted)
            raise

    def hear(self, event: pb.Event) -> None:
        """Know what the client is told: the first event of an evaluation settles that it counts, or that it does not.

        Nothing is heard of a refusal but the failure. Later ones are of what was run.
        """
        if not self._open or not (event.sequence or event.HasField("failure") or event.HasField("cell_evaluation")):
            return
        named = event.evaluation or event.cell_evaluation.evaluation
        counted = self._open.pop((event.session, named), None)
        if counted is not None and event.HasField("failure"):
            self._rates.give_back(counted)

    def _knows(self, request: pb.Request) -> bool:
        """Whether this evaluation was asked for before, so that it runs nothing."""
        if request.HasField("run"):
            return self._runs.knows(request.run.evaluation)
        found = self._holds.get(request.session)
        return found is not None and request.HasField("evaluate") and found[0].knows(request.evaluate.evaluation)

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._send(encode({"kind": "quota", "time": time.time(), "text": text}))
