"""What one connection is counted, and what its client is told of that before it is too much."""

import time
from collections.abc import Callable

from sagews.backend.rates import EVALUATIONS, SESSIONS, Rates
from sagews.backend.reader import Reader
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode

COUNTED = {"open": SESSIONS, "evaluate": EVALUATIONS, "run": EVALUATIONS}
"""Which requests are counted, and as what; not a `run` that only joins, of which a page asks many as it is loaded."""


class Toll:
    """Counts the requests of one connection."""

    def __init__(self, rates: Rates, send: Callable[[str], None]) -> None:
        """`send` takes a message to the client."""
        self._rates = rates
        self._send = send
        self._told = ""
        """What the client was told of a quota that is nearly used; empty: of none."""

    async def greet(self, reader: Reader) -> None:
        """Tell somebody who has just come of a quota that is nearly used."""
        self._tell(await self._rates.near(reader))

    async def take(self, request: pb.Request, reader: Reader) -> None:
        """Count what is asked, if that is counted. Raises RefusedRequest if it is too much."""
        counted = COUNTED.get(request.WhichOneof("kind") or "")
        if counted is None:
            return
        if request.run.join:
            # Whether its result is known depends on the limits that its reader may have.
            await self._rates.learn(reader)
            return
        near = await self._rates.take(counted, reader)
        if counted == EVALUATIONS:
            self._tell(near)

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._send(encode({"kind": "quota", "time": time.time(), "text": text}))
