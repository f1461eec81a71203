"""Runs `git`, the only program that reads or writes repositories here.

Each run is a process of its own with an environment made from nothing, no
configuration but what stands below, no hooks, limits of its processor time,
memory and files, a deadline, and a most of what it may put out. No run checks
out a tree. When the backend is killed, its input ends, and so does it. Who
has its next run is decided by the places (`places.py`).
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from sagews.backend.workspaces.places import NOBODY, PATIENCE, Places, Whose
from sagews.errors import ServiceError, WorkspaceError

DEADLINE = 120.0
"""Seconds that one run may take."""
AT_ONCE = 4
"""Runs at once; others wait for a place."""
MOST_OUT = 16 << 20
"""Bytes that a run may put out, if no other number is said."""
MOST_SAID = 2000
"""Bytes of what it says of a fault that are kept."""
PROCESSOR_SECONDS, MEMORY, FILE_SIZE, OPEN_FILES = 120, 1 << 30, 2 << 30, 256
"""What the system lets one run have."""
ADDRESSES = 4 << 30
"""Bytes of memory and of files that a run has in its sight."""
MOST_OBJECT = 512 << 20
"""Bytes of memory that a run may ask for at once.

An object that is not a plain content is asked for whole, by the size that its pack says, before any of it is read: so
nothing is inflated that is larger. So is a content that is made of another one and a difference. Other contents of
over 1 MiB (`core.bigFileThreshold`) are read piece by piece, whatever their size.
"""
ENDING = 10.0
"""Seconds in which a run that was killed is seen to have ended."""
BLOCK, PIECE = 512, 1 << 16
"""Bytes by which the shell counts files (`ulimit -f`), and that are read and written at once."""

SETTINGS = {
    "core.bigFileThreshold": "1m",
    "core.deltaBaseCacheLimit": "32m",
    "core.hooksPath": "/dev/null",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.symlinks": "false",
    "core.fsmonitor": "false",
    "fastimport.unpackLimit": "0",
    "fetch.fsckObjects": "true",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "pack.deltaCacheSize": "32m",
    "pack.threads": "1",
    "pack.windowMemory": "64m",
    "protocol.allow": "never",
    "receive.autogc": "false",
    "receive.fsckObjects": "true",
    "receive.unpackLimit": "1",
    "transfer.fsckObjects": "true",
    "uploadpack.allowAnySHA1InWant": "false",
    "uploadpack.allowFilter": "true",
    "uploadpackfilter.allow": "false",
    "uploadpackfilter.blob:limit.allow": "true",
    "uploadpackfilter.blob:none.allow": "true",
    "uploadpackfilter.tree.allow": "true",
}
"""Of every run, whatever a repository says. What comes becomes a pack, however little it is, since packs are what the
database keeps; larger files are not compared with each other, which takes memory and time."""

ENVIRONMENT = {
    "GIT_ALLOC_LIMIT": str(MOST_OBJECT),
    "GIT_ASKPASS": "/bin/false",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
}

OLDEST = "2.39"
"""The version, and newer ones, that is tried here."""
# As the shell says that there is no such program, or that it may not run it.
_NOT_STARTED = (126, 127)

# $0 is the first of the words that are run.
_LIMITED = (
    f"ulimit -c 0 && ulimit -t {PROCESSOR_SECONDS} && ulimit -d {MEMORY >> 10} && ulimit -v {ADDRESSES >> 10}"
    f' && ulimit -n {OPEN_FILES} && ulimit -f {FILE_SIZE // BLOCK} && exec "$0" "$@"'
)


class Git:
    """Runs of `git`, so many at once, shared fairly among whose they are."""

    def __init__(self, *, at_once: int = AT_ONCE, deadline: float = DEADLINE, patience: float = PATIENCE) -> None:
        """`deadline` and `patience`: seconds that a run may take, and may wait for its place."""
        self._places = Places(at_once, patience)
        self._deadline = deadline

    async def run(
        self,
        repository: Path,
        *words: str,
        given: Iterable[bytes] = (),
        most: int = MOST_OUT,
        objects: Path | Iterable[Path] = (),
        cut: bool = False,
        whose: Whose = NOBODY,
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run `git WORDS` on a bare repository and return what it puts out.

        `given` is its input; `objects` is a folder of more objects, which are
        only read, or several; `environment` has more for its own. `cut`: of
        more than `most` bytes the first ones are enough. Raises WorkspaceError
        if it refuses or puts out more than `most`, ServiceError if there is no
        git, it takes too long, or there is no place for it in time.
        """
        folders = [objects] if isinstance(objects, Path) else list(objects)
        async with self._places.one(whose):
            process = await self._start(repository, words, folders, environment or {})
            try:
                async with asyncio.timeout(self._deadline):
                    out, said = await _converse(process, given, most)
                    # Of what is too much, the end is not waited for: nobody reads the rest.
                    status = 0 if len(out) > most else await process.wait()
            except TimeoutError as error:
                raise _too_long(words) from error
            finally:
                await _end(process)
        if len(out) > most and not cut:
            raise WorkspaceError(f"git {words[0]} gave more than {most} bytes", "workspace", "keep less in it")
        _check(status, words, said)
        return bytes(out[:most])

    async def pour(
        self,
        repository: Path,
        *words: str,
        take: Callable[[bytes], Awaitable[None]],
        given: Iterable[bytes] = (),
        whose: Whose = NOBODY,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run `git WORDS` and give `take` what it puts out, piece by piece, however much it is.

        `take` has a deadline of its own; when it raises, the run ends. Raises as `run`, and what `take` raises.
        """
        async with self._places.one(whose):
            process = await self._start(repository, words, [], environment or {})
            assert process.stdin is not None and process.stdout is not None and process.stderr is not None
            writing = asyncio.create_task(_write(process.stdin, given))
            saying = asyncio.create_task(_read_some(process.stderr))
            try:
                while piece := await self._piece(process.stdout, words):
                    await take(piece)
                async with asyncio.timeout(self._deadline):
                    await writing
                    said = await saying
                    status = await process.wait()
            except TimeoutError as error:
                raise _too_long(words) from error
            finally:
                _kill(process)
                # Both have nobody to speak with any more.
                writing.cancel()
                saying.cancel()
                await asyncio.wait({writing, saying})
                await _end(process)
        _check(status, words, said)

    # ---------------------------------------------------------------- within

    async def _piece(self, pipe: asyncio.StreamReader, words: Iterable[str]) -> bytes:
        try:
            async with asyncio.timeout(self._deadline):
                return await pipe.read(PIECE)
        except TimeoutError as error:
            raise _too_long(words) from error

    async def _start(
        self, repository: Path, words: Iterable[str], objects: list[Path], more: Mapping[str, str]
    ) -> asyncio.subprocess.Process:
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        environment = ENVIRONMENT | {"PATH": os.environ.get("PATH", os.defpath), "GIT_DIR": str(repository), **more}
        if objects:
            environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = ":".join(map(str, objects))
        try:
            return await asyncio.create_subprocess_exec(
                *("/bin/sh", "-c", _LIMITED, "git", *settings, *words),
                cwd="/",
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise ServiceError(f"cannot be started: {error.strerror}", "git", "try again in a while") from error


def _check(status: int, words: tuple[str, ...], said: bytes) -> None:
    """Raise unless a run ended as it should."""
    if status in _NOT_STARTED:
        raise ServiceError("cannot be started", "git", f"install git {OLDEST} or newer on this machine")
    if status < 0:
        raise ServiceError(f"git {words[0]} was killed by signal {-status}", "workspace", "keep less in it")
    if status:
        raise WorkspaceError(f"git {words[0]} refused: {_printable(said)}", "workspace", "look at what it says")


def _too_long(words: Iterable[str]) -> ServiceError:
    return ServiceError(f"git {next(iter(words))} took too long", "workspace", "try again in a while")


async def _converse(process: asyncio.subprocess.Process, given: Iterable[bytes], most: int) -> tuple[bytearray, bytes]:
    """Write its input and read what it puts out and says, all at once; of what is too much, a little more than it."""
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_write(process.stdin, given))
        said = tasks.create_task(_read_some(process.stderr))
        out = await _read(process.stdout, most)
        if len(out) > most:
            _kill(process)
    return out, said.result()


async def _write(pipe: asyncio.StreamWriter, given: Iterable[bytes]) -> None:
    # Whoever ends early says why in its status.
    with suppress(BrokenPipeError, ConnectionResetError):
        for data in given:
            for start in range(0, len(data), PIECE):
                pipe.write(data[start : start + PIECE])
                await pipe.drain()
        pipe.close()
        await pipe.wait_closed()


async def _read(pipe: asyncio.StreamReader, most: int) -> bytearray:
    out = bytearray()
    while len(out) <= most and (piece := await pipe.read(PIECE)):
        out += piece
    return out


async def _read_some(pipe: asyncio.StreamReader) -> bytes:
    said = b""
    while piece := await pipe.read(PIECE):
        said = (said + piece)[-MOST_SAID:]
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let nothing of a run be left, its children included.

    Python (3.11) tells of its end only when all of its pipes are at theirs: what is in them is read, and dropped.
    """
    _kill(process)
    with suppress(TimeoutError):
        async with asyncio.timeout(ENDING):
            for pipe in (process.stdout, process.stderr):
                while pipe is not None and await pipe.read(PIECE):
                    pass
            await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _printable(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").split("\n")
    text = " ".join(line.strip() for line in lines if line.strip())
    return "".join(each if each.isprintable() else "?" for each in text)[-300:] or "no word of why"
