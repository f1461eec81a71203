"""The backend's end of a control link: the newest word of one worker on itself.

Counterpart: `sagews/worker/control.py`. A worker that misses its heartbeats
counts as away, whatever TCP believes of it: a process that is stopped, or a
machine that is cut off, ends no connection.
"""

import asyncio
from collections.abc import Callable

from sagews.backend.link import Link
from sagews.protocol import LINK_HEARTBEAT
from sagews.protocol import sagews_pb2 as pb

SILENCE = 3 * LINK_HEARTBEAT
"""Seconds without a word after which a worker is away."""


class Control:
    """One control link, until it ends or falls silent."""

    def __init__(self, link: Link, tell: Callable[[pb.Status], None]) -> None:
        """`tell` gets every status."""
        self._link = link
        self._tell = tell
        self._heard = asyncio.Event()
        self._lost = False

    async def follow(self) -> str:
        """Take what the worker says; return why it says no more."""
        self._link.listen(self._take, self._end)
        try:
            while not self._lost:
                self._heard.clear()
                async with asyncio.timeout(SILENCE):
                    await self._heard.wait()
            return "the control link ended"
        except TimeoutError:
            return f"it has said nothing for {SILENCE:.0f} s"
        finally:
            self._link.close()

    def _take(self, event: pb.Event) -> None:
        if event.WhichOneof("kind") == "status":
            self._heard.set()
            self._tell(event.status)

    def _end(self) -> None:
        self._lost = True
        self._heard.set()
