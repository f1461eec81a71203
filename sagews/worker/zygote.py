"""The supervisor's side of a zygote: has it started, asks it for sessions, and hears of their ends.

Counterpart: `sagews/session/zygote.py`. Sessions outlive a zygote that is
killed; their main processes then become the supervisor's children. Where
sessions are held by their users (`by_user.py`) they end with it, so that one
which is replaced lives until they have ended.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog
from google.protobuf.message import DecodeError

from sagews.config.environment import Environment
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import bootstrap
from sagews.worker.by_user import ByUser
from sagews.worker.grip import Grip
from sagews.worker.pidfd import Pidfd
from sagews.worker.program import Program
from sagews.worker.sweeper import Sweeper

START_DEADLINE = 60.0
"""Seconds that an interpreter may take to preload."""
RETIRE_DEADLINE = 20.0
"""Seconds that one that is replaced has to fork what it was asked for."""

log = structlog.get_logger()


class Forked(Protocol):
    """Whoever asked for a session: what it is told."""

    def forked(self, grip: Grip | None) -> None:
        """Tell that the main process exists, and hand over a grip on it; None: that it could not be forked."""

    def exited(self, status: int) -> None:
        """Tell that the main process has ended, with its status as wait(2) gives it."""

    def orphaned(self) -> None:
        """Tell that the zygote has died: what it had forked is now its grip's to end or to reap."""


class Zygote:
    """One environment's warm interpreter: the process that forks now, and those before it that finish."""

    def __init__(
        self, environment: Environment, namespaces: Callable[[], list[int]], started: Callable[[str], None]
    ) -> None:
        """Be ready to start it.

        `namespaces` returns descriptors of those of the builder that it is to
        enter; `started` is called whenever a process of it has got ready.
        """
        self.environment = environment
        self._namespaces = namespaces
        self._started = started
        self._generation = Generation(environment, namespaces, started)
        self._other: Generation | None = None
        """The one that gets ready to take over, or has handed over."""
        self._retiring: asyncio.Task[None] | None = None

    @property
    def pids(self) -> set[int]:
        """The process ids of the interpreter, and of the one that takes over from it."""
        return {self._generation.pid} | ({self._other.pid} if self._other is not None else set())

    @property
    def preloaded(self) -> pb.Preloaded:
        """What it said when it was ready."""
        return self._generation.preloaded

    async def start(self) -> None:
        """Start the interpreter. Raises ServiceError if it cannot be started or does not get ready."""
        await self._generation.start()

    async def stop(self) -> None:
        """End the interpreter. Sessions that still live are ended by their own sandboxes."""
        if self._retiring is not None:
            self._retiring.cancel()
        generations = [self._generation] if self._other is None else [self._generation, self._other]
        await asyncio.gather(*(generation.stop() for generation in generations))

    def kill(self, asker: Forked) -> None:
        """End the interpreter that forked a session and does not do its work; another one is started."""
        old = self._other
        (old if old is not None and old.forked(asker) else self._generation).kill()

    async def spawn(self, spawn: pb.Spawn, descriptors: list[int], asker: Forked) -> None:
        """Ask for a session on these descriptors, of which the caller closes its copies.

        Raises ServiceError while the zygote is away.
        """
        await self._generation.spawn(spawn, descriptors, asker)

    async def renew_if_old(self, most_forks: int, most_seconds: float) -> None:
        """Put a new interpreter in place of one that has forked so often or so long; 0: however often, however long.

        Every fork has the addresses and the hash seed of its zygote, which
        shall not be learned for good. The new one is warm before the old one
        goes, and sessions live on as they do when a zygote dies.
        """
        old = self._generation
        is_old = (most_forks and old.forks >= most_forks) or (most_seconds and old.seconds >= most_seconds)
        if not is_old or self._other is not None:
            return
        self._other = new = Generation(self.environment, self._namespaces, self._started)
        try:
            await new.start()
            self._generation, self._other = new, old
            log.info("zygote renewed", environment=self.environment.name, forks=old.forks, seconds=round(old.seconds))
            self._retiring = asyncio.create_task(self._retire(old))
        except ServiceError as error:
            self._other = None
            log.error("zygote not renewed", environment=self.environment.name, error=str(error))

    async def _retire(self, old: "Generation") -> None:
        await old.retire()
        self._other = None


class Generation:
    """One process of a zygote, from its start to its end; if it dies it is started again."""

    def __init__(
        self, environment: Environment, namespaces: Callable[[], list[int]], started: Callable[[str], None]
    ) -> None:
        self._started = started
        self._environment = environment
        self._namespaces = namespaces
        self._sessions: dict[int, Forked] = {}
        self._asked: set[int] = set()
        self._by_user: dict[int, ByUser] = {}
        """The grips on those that end with this zygote."""
        self._sweeper = Sweeper()
        self._answered = asyncio.Event()
        self._telling: set[asyncio.Task[None]] = set()
        self._begun = 0.0
        self.preloaded = pb.Preloaded()
        """What it said when it was ready."""
        self.forks = 0
        """Sessions that it was asked for."""
        self._program = Program(
            f"environment {environment.name!r}",
            self._command,
            begin=self._began,
            hear=self._heard,
            died=self._died,
            start_deadline=START_DEADLINE,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._program.pid

    @property
    def seconds(self) -> float:
        """Seconds since it became ready."""
        return asyncio.get_running_loop().time() - self._begun

    async def start(self) -> None:
        """Start it. Raises ServiceError."""
        await self._program.start()

    async def stop(self) -> None:
        """End it."""
        await self._program.stop()

    def kill(self) -> None:
        """End it; it is started again."""
        self._program.kill()

    def forked(self, asker: Forked) -> bool:
        """Whether a session is one of its own that it has not told the end of."""
        return any(each is asker for each in self._sessions.values())

    async def retire(self) -> None:
        """Let it answer what it was asked, then end it for good; its sessions become this process's children.

        Sessions that would end with it are waited for.
        """
        while self._by_user:
            self._answered.clear()
            await self._answered.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETIRE_DEADLINE):
                while self._asked:
                    self._answered.clear()
                    await self._answered.wait()
        # Until it is gone its sessions are its children, and it is not to be taken for a stray.
        await self._program.stop(patience=None)
        self._died()

    async def spawn(self, spawn: pb.Spawn, descriptors: list[int], asker: Forked) -> None:
        """Ask for a session. Raises ServiceError."""
        self.forks += 1
        spawn.number = self.forks
        self._sessions[spawn.number] = asker
        self._asked.add(spawn.number)
        if spawn.by_user:
            self._by_user[spawn.number] = ByUser(spawn.walls.uid, partial(self._signal, spawn.number), self._sweeper)
        try:
            await self._program.send(pb.ZygoteRequest(spawn=spawn).SerializeToString(), descriptors)
        except BaseException:
            self._asked.discard(spawn.number)
            self._forget(spawn.number)
            raise

    def _signal(self, session: int, number: int, group: bool) -> None:
        """Have a signal sent to a session; to nobody, if this dies meanwhile."""
        request = pb.ZygoteRequest(signal=pb.Signal(number=session, signal=number, group=group))
        telling = asyncio.create_task(self._tell(request))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self, request: pb.ZygoteRequest) -> None:
        with contextlib.suppress(ServiceError):
            await self._program.send(request.SerializeToString(), [])

    def _forget(self, number: int) -> Forked | None:
        self._by_user.pop(number, None)
        self._answered.set()
        return self._sessions.pop(number, None)

    def _command(self) -> tuple[list[str], list[int]]:
        interpreter = self._environment.interpreter or sys.executable
        command = bootstrap.command(interpreter, "sagews.session.zygote")
        command += ["--preload", ",".join(self._environment.preload), "--warm-up", self._environment.warm_up]
        if inherited := self._namespaces():
            command += ["--inside", *map(str, inherited)]
        return command, inherited

    def _began(self, datagram: bytes) -> None:
        self._started(self._environment.name)
        self._begun = asyncio.get_running_loop().time()
        self.preloaded = preloaded = pb.ZygoteReport.FromString(datagram).preloaded
        log.info(
            "zygote ready",
            environment=self._environment.name,
            pid=self.pid,
            python=preloaded.python,
            seconds=round(preloaded.seconds, 3),
            missing=list(preloaded.missing),
        )
        if preloaded.warm_up:
            log.error("warm_up failed", environment=self._environment.name, error=preloaded.warm_up)

    def _heard(self, datagram: bytes, descriptors: list[int]) -> None:
        try:
            report = pb.ZygoteReport.FromString(datagram)
        except DecodeError:
            log.error("zygote said what is not understood", environment=self._environment.name)
            report = pb.ZygoteReport()
        if report.HasField("exited") and (session := self._forget(report.exited.number)) is not None:
            session.exited(report.exited.status)
        elif report.HasField("forked") and (session := self._sessions.get(report.forked.number)) is not None:
            self._asked.discard(report.forked.number)
            self._answered.set()
            grip = self._grip(report.forked, descriptors)
            if grip is None:
                self._forget(report.forked.number)
            session.forked(grip)
        for fd in descriptors:
            os.close(fd)

    def _grip(self, forked: pb.Forked, descriptors: list[int]) -> Grip | None:
        if (by_user := self._by_user.get(forked.number)) is not None and forked.pid > 0:
            by_user.pid = forked.pid
            return by_user
        return Pidfd(descriptors.pop()) if descriptors else None

    def _died(self) -> None:
        sessions, self._sessions = self._sessions, {}
        by_user, self._by_user = self._by_user, {}
        asked, self._asked = self._asked, set()
        self._answered.set()
        for number, session in sessions.items():
            if number in asked and number in by_user:
                # Whether it was forked nobody knows; what its user runs is ended all the same.
                session.forked(by_user[number])
            session.orphaned()
