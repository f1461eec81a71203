"""The supervisor's side of a zygote: starts it by exec, asks it for sessions, starts it anew when it dies.

Counterpart: `sagews/session/zygote.py`. The zygote gets one socket and no
secret: its environment is made here from nothing, its descriptors are closed
by exec, and what it is sent are limits. Sessions outlive a zygote that is
killed; their inits then become the supervisor's children.
"""

import array
import asyncio
import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import structlog

from sagews.config.environment import Environment
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb

START_DEADLINE = 60.0
"""Seconds that an interpreter may take to preload."""
FIRST_PAUSE, LAST_PAUSE = 0.1, 30.0
"""Seconds before a zygote that died is started again: doubled each time, up to the last."""

log = structlog.get_logger()


class Zygote:
    """One environment's warm interpreter."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = asyncio.Event()
        self._number = 0
        self._sending = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None
        self._died = asyncio.Event()

    async def start(self) -> pb.Preloaded:
        """Start the interpreter and return its report once it can fork.

        Raises ServiceError if it cannot be started or does not get ready.
        """
        preloaded = await self._start_once()
        self._keeper = asyncio.create_task(self._keep())
        return preloaded

    async def stop(self) -> None:
        """End the interpreter. Sessions that still live are ended by their own lifelines."""
        if self._keeper is not None:
            self._keeper.cancel()
        self._close()
        if self._process is not None:
            self._process.kill()
            await asyncio.get_running_loop().run_in_executor(None, self._process.wait)

    async def spawn(self, limits: pb.Limits, descriptors: list[int], *, spare: bool) -> None:
        """Ask for a session on these four descriptors: channel, stdout, stderr, lifeline.

        The caller closes its copies. A session that cannot be made shows as
        the end of its lifeline. Raises ServiceError while the zygote is away.
        """
        try:
            await asyncio.wait_for(self._ready.wait(), START_DEADLINE)
            self._number += 1
            spawn = pb.Spawn(number=self._number, limits=limits, spare=spare).SerializeToString()
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
            async with self._sending:  # two that wait to write would take the loop's one writer from each other
                while True:
                    if self._control is None:
                        raise BrokenPipeError
                    try:
                        self._control.sendmsg([spawn], rights)
                        break
                    except BlockingIOError:
                        await self._writable()
        except (OSError, TimeoutError) as error:
            raise ServiceError(
                "its interpreter does not run", f"environment {self.environment.name!r}", "see the worker's log"
            ) from error

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

    async def _start_once(self) -> pb.Preloaded:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        interpreter = self.environment.interpreter or sys.executable
        preload = ",".join(self.environment.preload)
        fd = theirs.fileno()
        arguments = [interpreter, "-m", "sagews.session.zygote", "--control", str(fd), "--preload", preload]
        try:
            self._process = subprocess.Popen(  # noqa: ASYNC220  # the exec itself, milliseconds
                arguments,
                env=_clean_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=[fd],
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            raise ServiceError(
                f"cannot start {interpreter} ({error.strerror})",
                f"environment {self.environment.name!r}",
                "correct its setting 'interpreter'",
            ) from error
        finally:
            theirs.close()
        ours.setblocking(False)
        self._control = ours
        datagram = await self._receive_ready(ours)
        preloaded = pb.Preloaded.FromString(datagram)
        self._died.clear()
        asyncio.get_running_loop().add_reader(ours.fileno(), self._readable)
        self._ready.set()
        log.info(
            "zygote ready",
            environment=self.environment.name,
            pid=self._process.pid,
            python=preloaded.python,
            seconds=round(preloaded.seconds, 3),
            missing=list(preloaded.missing),
        )
        return preloaded

    async def _receive_ready(self, control: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            datagram = await asyncio.wait_for(loop.sock_recv(control, 1 << 16), START_DEADLINE)
        except (TimeoutError, OSError):
            datagram = b""
        if not datagram:
            assert self._process is not None
            self._close()
            self._process.kill()
            self._process.wait()
            raise ServiceError(
                f"its interpreter ended before it was ready, or took over {START_DEADLINE:.0f} s",
                f"environment {self.environment.name!r}",
                "the worker's log says why",
            )
        return datagram

    def _readable(self) -> None:
        """Notice the end of the zygote: it says nothing after its first report."""
        assert self._control is not None
        try:
            if self._control.recv(1 << 16):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._close()
        self._died.set()

    async def _keep(self) -> None:
        """Start the zygote again whenever it has died, with longer and longer pauses."""
        pause = FIRST_PAUSE
        while True:
            await self._died.wait()
            assert self._process is not None
            status = await asyncio.get_running_loop().run_in_executor(None, self._process.wait)
            log.error("zygote died", environment=self.environment.name, status=status, again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE)
            try:
                await self._start_once()
                pause = FIRST_PAUSE
            except (ServiceError, OSError) as error:
                log.error("zygote not started", error=str(error))
                self._died.set()

    def _close(self) -> None:
        self._ready.clear()
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None


def _clean_environment() -> dict[str, str]:
    """Return the whole environment of a zygote: nothing of the server's own goes in by accident.

    One thread is what makes a fork safe, hence the *_NUM_THREADS; the arenas
    of glibc would eat address space.
    """
    try:
        user = pwd.getpwuid(os.getuid())
        home, name = user.pw_dir, user.pw_name
    except KeyError:  # A user without a name, as containers have them.
        home, name = "/", str(os.getuid())
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": home,
        "USER": name,
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    # Some processors need these to choose BLAS routines that are right on them.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment
