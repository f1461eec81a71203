"""Spare sessions of one environment: forked and confined before their reader comes."""

import asyncio
from collections import deque

import structlog

from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.limits import fits
from sagews.worker.process import SessionProcess
from sagews.worker.walls import Walls
from sagews.worker.zygote import Zygote

REFILL_PAUSE = 0.1
"""Seconds after an opening before a new spare is forked, so that it does not compete with the first evaluation."""
RETRY_PAUSE = 2.0
"""Seconds after a spare that could not be made."""

log = structlog.get_logger()


class Spares:
    """Keeps a number of ready sessions, and forks on demand when there is none."""

    def __init__(self, zygote: Zygote, walls: Walls, limits: pb.Limits, count: int) -> None:
        self._zygote = zygote
        self._walls = walls
        self._limits = limits
        self._count = count
        self._ready: deque[SessionProcess] = deque()
        self._taken = asyncio.Event()
        self._filler: asyncio.Task[None] | None = None

    @property
    def pids(self) -> list[int]:
        """Process ids of those that stand ready."""
        return [process.pid for process in self._ready]

    async def start(self) -> None:
        """Fork the spares and keep their number from then on."""
        for _ in range(self._count):
            self._ready.append(await self._spawn(self._limits, spare=True))
        if self._count:
            self._filler = asyncio.create_task(self._keep_full())

    async def stop(self) -> None:
        """Kill the spares."""
        if self._filler is not None:
            self._filler.cancel()
        for process in self._ready:
            process.kill()
        await asyncio.gather(*(process.gone.wait() for process in self._ready))
        self._ready.clear()

    async def take(self, limits: pb.Limits) -> SessionProcess:
        """Return a session that is ready; a new one if there is none, or a spare's own limits do not do.

        Raises SagewsError, TimeoutError or OSError if none can be made.
        """
        self._taken.set()
        if fits(self._limits, limits):
            while self._ready:
                process = self._ready.popleft()
                if not process.gone.is_set():
                    return _limited(process, limits)
        try:
            return await self._spawn(limits, spare=False)
        except (SagewsError, TimeoutError):
            # A zygote that dies takes what it was asked for with it; once it is back, asking again may do.
            return await self._spawn(limits, spare=False)

    async def _spawn(self, limits: pb.Limits, *, spare: bool) -> SessionProcess:
        return await SessionProcess.spawn(self._zygote, self._walls, limits, spare=spare)

    async def _keep_full(self) -> None:
        while True:
            await self._taken.wait()
            self._taken.clear()
            await asyncio.sleep(REFILL_PAUSE)
            if self._taken.is_set():
                continue  # readers are still coming; each of them is better served than a spare
            while len(self._ready) < self._count and not self._taken.is_set():
                try:
                    self._ready.append(await self._spawn(self._limits, spare=True))
                except (SagewsError, TimeoutError, OSError) as error:
                    log.error("no spare session", error=str(error))
                    await asyncio.sleep(RETRY_PAUSE)


def _limited(process: SessionProcess, limits: pb.Limits) -> SessionProcess:
    """Lower what the system keeps for a session that was forked before its reader came."""
    if process.cgroup is not None:
        try:
            process.cgroup.limit(limits)
        except OSError:
            process.kill()
            raise
    return process
