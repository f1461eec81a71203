"""One service of the site as a child process: started, awaited, stopped.

The child leads a session of its own, so that a terminal's Ctrl-C reaches its
starter alone and no code of a reader can reach the terminal. Three pipes or
files join them: stdin is the lifeline (its end, however the starter dies,
ends the service), stdout carries announcements, stderr is a log file.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from sagews.errors import ConfigurationError, SagewsError, ServiceError

READY_DEADLINE = 60.0
"""Seconds that a service may take until it announces that it is ready."""

_MAX_ANNOUNCEMENT = 1 << 16


class _Announcement(msgspec.Struct):
    """A JSON line of a service's stdout; counterpart: `sagews/service/announcement.py`."""

    ready: dict[str, Any] | None = None
    error: dict[str, str] | None = None


class Service:
    """A child process that runs `sagews NAME`."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name = name
        """`worker` or `backend`."""
        self.log = log
        """The file that gets its stderr."""
        self.arguments = arguments
        """Options that follow its name; what the next start uses."""
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None

    async def start(self) -> dict[str, Any]:
        """Start the process, and return what it announces when it is ready.

        Raises the SagewsError that it announces instead, or ServiceError if it
        ends or takes longer than READY_DEADLINE. The process is gone then.
        """
        self._process = await self._execute()
        try:
            async with asyncio.timeout(READY_DEADLINE):
                ready = await self._announcement()
        except TimeoutError:
            await self.kill()
            raise ServiceError(f"is not ready after {READY_DEADLINE:.0f} s", self.name, f"see {self.log}") from None
        except BaseException:
            await self.kill()
            raise
        self._drain = asyncio.create_task(self._discard())
        return ready

    async def wait(self) -> int:
        """Return the exit status once the process has ended; negative: the signal that killed it."""
        assert self._process is not None
        return await self._process.wait()

    def end(self) -> None:
        """Ask the process to end at once: by SIGINT, since SIGTERM would have a worker wait for its sessions."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)

    async def kill(self) -> None:
        """End the process and its group now, and collect it."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    async def _execute(self) -> asyncio.subprocess.Process:
        try:
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"cannot be written ({error.strerror})", str(self.log), "choose another directory with --data"
            ) from error
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # not the current directory's idea of numpy
                "-m",
                "sagews",
                self.name,
                "--lifeline",
                *self.arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                limit=_MAX_ANNOUNCEMENT,
            )
        finally:
            os.close(log)

    async def _announcement(self) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except ValueError:
            line = b"?"
        if not line:
            status = await self._process.wait()
            raise ServiceError(f"ended before it was ready ({ending(status)})", self.name, f"see {self.log}")
        try:
            announcement = msgspec.json.decode(line, type=_Announcement)
        except msgspec.DecodeError as error:
            raise ServiceError(
                "announced something that is not understood", self.name, "install it and sagews in one version"
            ) from error
        if announcement.error is not None:
            raise await self._announced(announcement.error)
        return announcement.ready or {}

    async def _announced(self, error: dict[str, str]) -> SagewsError:
        """Return the error that the service announced; its exit status tells whose fault it is."""
        assert self._process is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._process.wait()
        kind = ConfigurationError if self._process.returncode == 2 else ServiceError
        return kind(error.get("what", ""), error.get("noun", ""), error.get("hint", ""))

    async def _discard(self) -> None:
        """Read stdout to its end, so that nothing written there can block the service."""
        assert self._process is not None and self._process.stdout is not None
        while await self._process.stdout.read(1 << 16):
            pass


def ending(status: int) -> str:
    """Say how a process ended: `exit status 1`, `killed by SIGKILL`."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
