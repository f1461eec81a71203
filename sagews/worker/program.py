"""A program of the worker's own that runs beside it: started by exec with a clean environment and one socket, and
started again when it dies.

The zygotes and the builder are such programs. Each gets no secret: its
environment is made here from nothing and its descriptors are closed by exec,
but for those that it is meant to have.
"""

import array
import asyncio
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from sagews.errors import ServiceError

FIRST_PAUSE, LAST_PAUSE = 0.1, 30.0
"""Seconds before a program that died is started again: doubled each time, up to the last."""
END_DEADLINE = 0.7
"""Seconds that a killed program may take to be gone: the kernel ends none in the middle of a call to a disk."""
FIRST_LOOK, LAST_LOOK = 0.001, 0.05
"""Seconds between looks whether a program that is to be gone is, doubled each time, up to the last."""
MAX_DATAGRAM = 1 << 16
MAX_DESCRIPTORS = 4
"""Bytes and descriptors of one datagram that a program sends."""

log = structlog.get_logger()


class Program:
    """A process and the socket by which it is spoken to, one datagram a message."""

    def __init__(
        self,
        noun: str,
        command: Callable[[], tuple[list[str], list[int]]],
        *,
        begin: Callable[[bytes], None],
        hear: Callable[[bytes, list[int]], None],
        died: Callable[[], None],
        start_deadline: float,
    ) -> None:
        """Be ready to start it.

        `command` returns interpreter, module and options, to which the number
        of the socket is added, and the descriptors to inherit; it raises
        ServiceError if the time has not come. `begin` gets the first datagram
        after each start, and raises ServiceError if that is no good; `hear`
        gets the others; `died` is called when it has died.
        """
        self._noun = noun
        self._command = command
        self._begin = begin
        self._hear = hear
        self._tell_death = died
        self._start_deadline = start_deadline
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = asyncio.Event()
        self._sending = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None
        self._died = asyncio.Event()

    @property
    def pid(self) -> int:
        """Its process id; 0 before its first start."""
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Start it, and keep it running from then on.

        Raises ServiceError if it cannot be started or does not get ready.
        """
        await self._start_once()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self, *, patience: float | None = END_DEADLINE) -> None:
        """End it, and leave to the system one that takes longer to die; None: wait for that, however long it takes."""
        if self._keeper is not None:
            self._keeper.cancel()
        # Killed before its socket is closed, so that it does not tidy up what is to live on.
        if self._process is not None:
            self._process.kill()
        self._close()
        await self._killed(patience)

    async def _killed(self, patience: float | None) -> None:
        """Wait for the end of what was killed; no longer than that many seconds."""
        if self._process is None:
            return
        try:
            await asyncio.wait_for(_end_of(self._process), patience)
        except TimeoutError:
            log.error("program was killed and is not gone yet", program=self._noun, pid=self._process.pid)

    def kill(self) -> None:
        """End it now; it is started again."""
        if self._process is not None:
            self._process.kill()

    async def send(self, datagram: bytes, descriptors: list[int]) -> None:
        """Send a datagram with descriptors, when the program is there. Raises ServiceError while it is not."""
        try:
            await asyncio.wait_for(self._ready.wait(), self._start_deadline)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
            async with self._sending:  # two that wait to write would take the loop's one writer from each other
                while True:
                    if self._control is None:
                        raise BrokenPipeError
                    try:
                        self._control.sendmsg([datagram], rights)
                        break
                    except BlockingIOError:
                        await self._writable()
        except (OSError, TimeoutError) as error:
            raise ServiceError("does not run", self._noun, "see the worker's log") from error

    async def _writable(self) -> None:
        """Wait until a datagram can be sent: the queue of a Unix datagram socket is short."""
        loop = asyncio.get_running_loop()
        assert self._control is not None
        writable = asyncio.Event()
        fd = self._control.fileno()
        loop.add_writer(fd, writable.set)
        try:
            await asyncio.wait_for(writable.wait(), 10)
        finally:
            loop.remove_writer(fd)

    async def _start_once(self) -> None:
        command, inherited = self._command()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fd = theirs.fileno()
        try:
            self._process = subprocess.Popen(  # noqa: ASYNC220  # the exec itself, milliseconds
                [*command, "--control", str(fd)],
                env=clean_environment(command[0]),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=[fd, *inherited],
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise ServiceError(
                f"cannot start {command[0]} ({error.strerror})", self._noun, "correct its setting 'interpreter'"
            ) from error
        finally:
            theirs.close()
        ours.setblocking(False)
        self._control = ours
        try:
            self._begin(await self._receive_first(ours))
        except ServiceError:
            self._close()
            self._process.kill()
            await self._killed(END_DEADLINE)
            raise
        self._died.clear()
        asyncio.get_running_loop().add_reader(ours.fileno(), self._readable)
        self._ready.set()

    async def _receive_first(self, control: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            datagram = await asyncio.wait_for(loop.sock_recv(control, MAX_DATAGRAM), self._start_deadline)
        except (TimeoutError, OSError):
            datagram = b""
        if not datagram:
            raise ServiceError(
                f"ended before it was ready, or took over {self._start_deadline:.0f} s",
                self._noun,
                "the worker's log says why",
            )
        return datagram

    def _readable(self) -> None:
        """Hear what it says; nothing more is its end."""
        while self._control is not None:
            try:
                datagram, received, _flags, _address = socket.recv_fds(self._control, MAX_DATAGRAM, MAX_DESCRIPTORS)
            except BlockingIOError:
                return
            except OSError:
                datagram, received = b"", []
            if not datagram:
                self._close()
                self._died.set()
                self._tell_death()
                return
            self._hear(datagram, received)

    async def _keep(self) -> None:
        """Start it again whenever it has died, with longer and longer pauses."""
        pause = FIRST_PAUSE
        while True:
            await self._died.wait()
            assert self._process is not None
            status = await _end_of(self._process)
            log.error("program died", program=self._noun, status=status, again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE)
            try:
                await self._start_once()
                pause = FIRST_PAUSE
            except (ServiceError, OSError) as error:
                log.error("program not started", program=self._noun, error=str(error))
                self._died.set()

    def _close(self) -> None:
        self._ready.clear()
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None


async def _end_of(process: subprocess.Popen[bytes]) -> int:
    """Return the status of a process when it has ended. No thread waits for it, which this process would wait for."""
    pause = FIRST_LOOK
    while (status := process.poll()) is None:
        await asyncio.sleep(pause)
        pause = min(pause * 2, LAST_LOOK)
    return status


def user_name() -> str:
    """Return the name of this process's user; the number of one without a name, as containers have them."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def clean_environment(interpreter: str = sys.executable) -> dict[str, str]:
    """Return the whole environment of a program: nothing of the server's own goes in by accident.

    The commands beside its interpreter are found first.

    One thread is what makes a fork safe, hence the *_NUM_THREADS, and
    GC_MARKERS of the collector that Maxima's Lisp has; the arenas of glibc
    would eat address space.
    """
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        home = "/"
    environment = {
        "PATH": os.pathsep.join([str(Path(interpreter).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": home,
        "USER": user_name(),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "GC_MARKERS": "1",
        "MALLOC_ARENA_MAX": "2",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    # Some processors need these to choose BLAS routines that are right on them.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment
