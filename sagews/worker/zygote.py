"""The supervisor's side of a zygote: has it started, asks it for sessions, and hears of their ends.

Counterpart: `sagews/session/zygote.py`. Sessions in a sandbox outlive a zygote
that is killed; their main processes then become the supervisor's children.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Protocol

import structlog
from google.protobuf.message import DecodeError

from sagews.config.environment import Environment
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import bootstrap
from sagews.worker.program import Program

START_DEADLINE = 60.0
"""Seconds that an interpreter may take to preload."""
RETIRE_DEADLINE = 20.0
"""Seconds that one that is replaced has to fork what it was asked for."""

log = structlog.get_logger()


class Forked(Protocol):
    """Whoever asked for a session: what it is told."""

    def forked(self, pidfd: int) -> None:
        """Tell that the main process exists, and hand over its pidfd; -1: that it could not be forked."""

    def exited(self, status: int) -> None:
        """Tell that the main process has ended, with its status as wait(2) gives it."""

    def orphaned(self) -> None:
        """Tell that the zygote has died: what it had forked is now this process's child."""


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
        await self._generation.stop()

    def kill(self) -> None:
        """End an interpreter that does not do its work; another one is started."""
        self._generation.kill()

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
            await old.retire()
        except ServiceError as error:
            log.error("zygote not renewed", environment=self.environment.name, error=str(error))
        finally:
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
        self._answered = asyncio.Event()
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

    async def retire(self) -> None:
        """Let it answer what it was asked, then end it for good; its sessions become this process's children."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETIRE_DEADLINE):
                while self._asked:
                    self._answered.clear()
                    await self._answered.wait()
        await self._program.stop()
        self._died()

    async def spawn(self, spawn: pb.Spawn, descriptors: list[int], asker: Forked) -> None:
        """Ask for a session. Raises ServiceError."""
        self.forks += 1
        spawn.number = self.forks
        self._sessions[spawn.number] = asker
        self._asked.add(spawn.number)
        try:
            await self._program.send(spawn.SerializeToString(), descriptors)
        except BaseException:
            self._asked.discard(spawn.number)
            self._sessions.pop(spawn.number, None)
            raise

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
        if report.HasField("exited") and (session := self._sessions.pop(report.exited.number, None)) is not None:
            session.exited(report.exited.status)
        elif report.HasField("forked") and (session := self._sessions.get(report.forked.number)) is not None:
            self._asked.discard(report.forked.number)
            self._answered.set()
            if not descriptors:
                del self._sessions[report.forked.number]
            session.forked(descriptors.pop() if descriptors else -1)
        for fd in descriptors:
            os.close(fd)

    def _died(self) -> None:
        sessions, self._sessions = self._sessions, {}
        self._asked.clear()
        for session in sessions.values():
            session.orphaned()
