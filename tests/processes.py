"""The processes that a test started, however deep, and the assertion that they are gone."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

MARK = "SAGEWS_TEST"
"""Environment variable by which processes are found that inherited it, whoever their parent is now."""
ZYGOTE = "sagews.session.zygote"


class Processes:
    """Everything below one process, remembered: a session's environment is clean, its parents may die first."""

    def __init__(self, pid: int, mark: str) -> None:
        self._pid = pid
        self._mark = mark
        self._seen: set[psutil.Process] = set()

    def look(self) -> list[psutil.Process]:
        """Return every process below the first that lives now or was seen before and still lives."""
        # The id of one that is gone may be another's by now, which is none of ours.
        self._seen = {process for process in self._seen if _alive(process)}
        for pid in (self._pid, *_marked(self._mark), *(process.pid for process in self._seen)):
            self._seen |= _with_descendants(pid)
        return [process for process in self._seen if process.pid != self._pid and _alive(process)]

    def sessions(self) -> list[psutil.Process]:
        """Return the processes of sessions: spares, open ones, and what they started."""
        zygotes = [process for process in self.look() if ZYGOTE in command(process)]
        first = [process for process in zygotes if ZYGOTE not in command(process.parent())]
        below = {process for zygote in first for process in _with_descendants(zygote.pid) - {zygote}}
        return sorted(below, key=lambda process: process.pid)

    def assert_gone(self, deadline: float) -> None:
        """Assert that all end within `deadline` seconds; what does not is killed."""
        try:
            wait_until(lambda: not self.look(), deadline, "no process is left")
        except AssertionError:
            left = [f"{process.pid} {process.status()} {command(process)}" for process in self.look()]
            self.kill()
            raise AssertionError(f"left running after {deadline} s:\n" + "\n".join(left)) from None

    def kill(self) -> None:
        """End them all; for a test that has failed already."""
        for process in self.look():
            if _alive(process):
                process.kill()


def command(process: psutil.Process | None) -> str:
    """Return a process's command line; nothing for one that is gone."""
    try:
        return " ".join(process.cmdline()) if process is not None else ""
    except psutil.Error:
        return ""


def command_of(pid: int) -> str:
    """Return the command line of the process of an id; nothing for one that is gone."""
    try:
        return command(psutil.Process(pid))
    except psutil.Error:
        return ""


def wait_until(condition: Callable[[], Any], deadline: float, what: str) -> Any:
    """Return the condition's value once it is true; AssertionError after `deadline` seconds."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < end, f"after {deadline} s it is still not so that {what}"
        time.sleep(0.02)
    return value


def _marked(mark: str) -> list[int]:
    needle = f"{MARK}={mark}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if needle in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


def _with_descendants(pid: int) -> set[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return {process, *process.children(recursive=True)}
    except psutil.NoSuchProcess:
        return set()


def _alive(process: psutil.Process) -> bool:
    """Whether the process is there; a zombie counts, but for one that only the first process could collect."""
    try:
        return process.is_running() and not (process.status() == psutil.STATUS_ZOMBIE and process.ppid() == 1)
    except psutil.NoSuchProcess:
        return False


async def told_until_killed(
    *words: str, seconds: float | None, deadline: float, more: Mapping[str, str] | None = None
) -> list[str]:
    """Run a module of Python until it dies of SIGKILL; return the whole lines that it has said.

    It kills itself, or is killed so many seconds after its first line. `more`: of its environment.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words), env=os.environ | dict(more or {}), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(deadline):
            said = b""
            if seconds is not None:
                said = await process.stdout.readline()
                await asyncio.sleep(seconds)
                process.kill()
            said += await process.stdout.read()
            assert await process.wait() == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return [line.decode().strip() for line in said.splitlines(keepends=True) if line.endswith(b"\n")]
