"""The supervisor's side of a zygote: has it started, asks it for sessions, and hears of their ends.

Counterpart: `sagews/session/zygote.py`. Sessions in a sandbox outlive a zygote
that is killed; their main processes then become the supervisor's children.
"""

import os
import sys
from collections.abc import Callable
from typing import Protocol

import structlog
from google.protobuf.message import DecodeError

from sagews.config.environment import Environment
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import bootstrap
from sagews.worker.program import Program

START_DEADLINE = 60.0
"""Seconds that an interpreter may take to preload."""

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
    """One environment's warm interpreter."""

    def __init__(self, environment: Environment, namespaces: Callable[[], list[int]]) -> None:
        """Be ready to start it; `namespaces` returns descriptors of those of the builder that it is to enter."""
        self.environment = environment
        self.preloaded = pb.Preloaded()
        """What it said when it was ready."""
        self._namespaces = namespaces
        self._number = 0
        self._sessions: dict[int, Forked] = {}
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
        """The process id of the interpreter."""
        return self._program.pid

    async def start(self) -> None:
        """Start the interpreter. Raises ServiceError if it cannot be started or does not get ready."""
        await self._program.start()

    def _began(self, datagram: bytes) -> None:
        self.preloaded = preloaded = pb.ZygoteReport.FromString(datagram).preloaded
        log.info(
            "zygote ready",
            environment=self.environment.name,
            pid=self.pid,
            python=preloaded.python,
            seconds=round(preloaded.seconds, 3),
            missing=list(preloaded.missing),
        )
        if preloaded.warm_up:
            log.error("warm_up failed", environment=self.environment.name, error=preloaded.warm_up)

    async def stop(self) -> None:
        """End the interpreter. Sessions that still live are ended by their own sandboxes."""
        await self._program.stop()

    def kill(self) -> None:
        """End an interpreter that does not do its work; another one is started."""
        self._program.kill()

    async def spawn(self, spawn: pb.Spawn, descriptors: list[int], asker: Forked) -> None:
        """Ask for a session on these descriptors, of which the caller closes its copies.

        Raises ServiceError while the zygote is away.
        """
        self._number += 1
        spawn.number = self._number
        self._sessions[spawn.number] = asker
        try:
            await self._program.send(spawn.SerializeToString(), descriptors)
        except BaseException:
            del self._sessions[spawn.number]
            raise

    def _command(self) -> tuple[list[str], list[int]]:
        interpreter = self.environment.interpreter or sys.executable
        command = bootstrap.command(interpreter, "sagews.session.zygote")
        command += ["--preload", ",".join(self.environment.preload), "--warm-up", self.environment.warm_up]
        if inherited := self._namespaces():
            command += ["--inside", *map(str, inherited)]
        return command, inherited

    def _heard(self, datagram: bytes, descriptors: list[int]) -> None:
        try:
            report = pb.ZygoteReport.FromString(datagram)
        except DecodeError:
            log.error("zygote said what is not understood", environment=self.environment.name)
            report = pb.ZygoteReport()
        if report.HasField("exited") and (session := self._sessions.pop(report.exited.number, None)) is not None:
            session.exited(report.exited.status)
        elif report.HasField("forked") and (session := self._sessions.get(report.forked.number)) is not None:
            if not descriptors:
                del self._sessions[report.forked.number]
            session.forked(descriptors.pop() if descriptors else -1)
        for fd in descriptors:
            os.close(fd)

    def _died(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            session.orphaned()
