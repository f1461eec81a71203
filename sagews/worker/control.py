"""What a control link carries: the worker's status, pushed to one backend.

Counterpart: `sagews/backend/control.py`. A change of state and a free place
are told at once. Changes of the load that follow each other quickly are told
together, and without any there is a heartbeat.
"""

import asyncio
import time
from collections.abc import Callable, Iterable

from sagews.protocol import LINK_HEARTBEAT
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.admission import Admission

TOGETHER = 0.1
"""Seconds within which changes of the load become one word."""


class Control:
    """Tells one link of the worker's admission and its environments, until it is stopped."""

    def __init__(
        self,
        admission: Admission,
        versions: Callable[[], Iterable[pb.EnvironmentVersion]],
        shares: Callable[[], Iterable[pb.ReaderSessions]],
        send: Callable[[pb.Event], bool],
    ) -> None:
        """`versions` are those of the environments, `shares` the sessions of those who have a quota.

        `send` returns false when the link takes nothing now. Then the next heartbeat tells.
        """
        self._admission = admission
        self._versions = versions
        self._shares = shares
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._told: pb.WorkerState | None = None
        self._place_free = False
        self._timer: asyncio.TimerHandle | None = None
        admission.watch(self._changed)
        self._tell()

    def stop(self) -> None:
        """Tell no more."""
        self._admission.unwatch(self._changed)
        if self._timer is not None:
            self._timer.cancel()

    def _changed(self, place_free: bool) -> None:
        self._place_free |= place_free
        if place_free or self._admission.state != self._told:
            self._tell()
        else:
            self._tell_within(TOGETHER)

    def _tell(self) -> None:
        event = pb.Event(time=time.time(), status=self._admission.status(place_free=self._place_free))
        event.status.environments.extend(self._versions())
        event.status.readers.extend(self._shares())
        if self._send(event):
            self._told, self._place_free = event.status.state, False
        self._tell_within(LINK_HEARTBEAT)

    def _tell_within(self, seconds: float) -> None:
        """Tell by then at the latest, unless it is told before."""
        at = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        # Not by the clock: a timer may ring a little before its time, and would count as still to come.
        self._timer = None
        self._tell()
