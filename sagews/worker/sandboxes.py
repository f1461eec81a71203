"""The sandboxes of a worker: built ahead of time, each for one session, gone with everything in it.

Counterparts: `sagews/session/builder.py`, which makes them, and
`sagews/session/init.py`, the first process of each.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Iterable

import structlog
from google.protobuf.message import DecodeError

from sagews.errors import SagewsError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import bootstrap
from sagews.worker.pidfd import process_id
from sagews.worker.program import Program
from sagews.worker.users import User, Users

START_DEADLINE = 20.0
"""Seconds that the builder may take to be ready."""
BUILD_DEADLINE = 10.0
"""Seconds that a sandbox may take to stand."""
STOP_DEADLINE = 0.5
"""Seconds that sandboxes nobody has taken may take to be gone, when they were killed."""
AHEAD = 2
"""Sandboxes that stand ready for sessions to come."""

log = structlog.get_logger()


class Sandbox:
    """Namespaces, mounts and a user for one session, held by an init."""

    def __init__(self, user: User, lifeline: socket.socket, pidfd: int) -> None:
        self.user = user
        self.pidfd = pidfd
        """Of its init."""
        self.pid = process_id(pidfd)
        """Of its init, as this machine counts."""
        self.gone = asyncio.Event()
        """Set when every process in it is dead."""
        self._lifeline = lifeline
        self._loop = asyncio.get_running_loop()
        # The pidfd of a first process is readable only when the kernel has killed all the others (pid_namespaces(7)).
        self._loop.add_reader(pidfd, self._ended)

    def kill(self) -> None:
        """Kill every process in it."""
        if not self.gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def _ended(self) -> None:
        self._loop.remove_reader(self.pidfd)
        os.close(self.pidfd)
        self._lifeline.close()
        self.user.give_back()
        self.gone.set()


class Builder:
    """The process that makes sandboxes."""

    def __init__(self, shown: Iterable[str], *, new_user_namespace: bool) -> None:
        """Be ready to start it; `shown` are paths that every sandbox can read."""
        self._shown = list(shown)
        self._new_user_namespace = new_user_namespace
        self._namespaces: list[int] = []
        self._number = 0
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._program = Program(
            "the builder of sandboxes",
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

    async def start(self) -> None:
        """Start it. Raises ServiceError if it cannot do its work, with what the system forbids."""
        await self._program.start()

    async def stop(self) -> None:
        """End it; sandboxes end with their lifelines."""
        await self._program.stop()
        self._close_namespaces()

    def namespaces(self) -> list[int]:
        """Return descriptors of its user and process namespaces, for zygotes to enter; none if it made none.

        Raises ServiceError while it is away.
        """
        if self._new_user_namespace and not self._namespaces:
            raise ServiceError("does not run", "the builder of sandboxes", "see the worker's log")
        return self._namespaces

    def _began(self, datagram: bytes) -> None:
        built = pb.Built.FromString(datagram)
        if built.error:
            raise ServiceError(f"cannot be built ({built.error})", "sandbox", "see sagews doctor")
        if self._new_user_namespace:
            self._namespaces = [
                os.open(f"/proc/{self._program.pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
                for name in ("user", "pid_for_children")
            ]

    def _close_namespaces(self) -> None:
        for fd in self._namespaces:
            os.close(fd)
        self._namespaces = []

    async def build(self, build: pb.Build, user: User) -> Sandbox:
        """Make a sandbox for a user. Raises ServiceError."""
        self._number += 1
        build.number = self._number
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[build.number] = answer
        lifeline, theirs = socket.socketpair()
        lifeline.setblocking(False)
        try:
            with theirs:
                await self._program.send(build.SerializeToString(), [theirs.fileno()])
            async with asyncio.timeout(BUILD_DEADLINE):
                sandbox = Sandbox(user, lifeline, await answer)
                said = await asyncio.get_running_loop().sock_recv(lifeline, 1000)
        except TimeoutError:
            lifeline.close()
            raise ServiceError(f"does not stand after {BUILD_DEADLINE:.0f} s", "sandbox", "see sagews doctor") from None
        except BaseException:
            lifeline.close()
            raise
        finally:
            self._waiting.pop(build.number, None)
        if said != b"+":
            sandbox.kill()
            raise ServiceError(
                f"cannot be built ({said.decode(errors='replace').strip()})", "sandbox", "see sagews doctor"
            )
        return sandbox

    def _command(self) -> tuple[list[str], list[int]]:
        command = bootstrap.command(sys.executable, "sagews.session.builder")
        for path in self._shown:
            command += ["--show", path]
        return ([*command, "--new-user-namespace"] if self._new_user_namespace else command), []

    def _heard(self, datagram: bytes, descriptors: list[int]) -> None:
        try:
            built = pb.Built.FromString(datagram)
            answer = self._waiting.pop(built.number, None)
        except DecodeError:
            answer = None
        if answer is None or answer.done() or (not built.error and not descriptors):
            for fd in descriptors:
                os.close(fd)
        elif built.error:
            answer.set_exception(ServiceError(f"cannot be built ({built.error})", "sandbox", "see sagews doctor"))
        else:
            answer.set_result(descriptors[0])

    def _died(self) -> None:
        self._close_namespaces()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ServiceError("died", "the builder of sandboxes", "try again"))


class Sandboxes:
    """Those that stand ready, of one kind: with the machine's network or without."""

    def __init__(self, builder: Builder, users: Users, limits: pb.Limits, *, network: bool) -> None:
        """Be ready to build; `limits` are those of most sessions, of which `disk` and `files` matter."""
        self._builder = builder
        self._users = users
        self._limits = limits
        self._network = network
        self._ready: deque[Sandbox] = deque()
        self._taken = asyncio.Event()
        self._filler: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Build the first, and keep some ready from then on. Raises ServiceError."""
        self._ready.append(await self._build(self._limits))
        self._taken.set()
        self._filler = asyncio.create_task(self._keep_full())

    async def stop(self) -> None:
        """End those that nobody has taken."""
        if self._filler is not None:
            self._filler.cancel()
        for sandbox in self._ready:
            sandbox.kill()
        if ends := [asyncio.create_task(sandbox.gone.wait()) for sandbox in self._ready]:
            _gone, late = await asyncio.wait(ends, timeout=STOP_DEADLINE)
            for end in late:
                end.cancel()
            if late:
                log.error("sandboxes were killed and are not gone yet", sandboxes=len(late))
        self._ready.clear()

    async def take(self, limits: pb.Limits) -> Sandbox:
        """Return a sandbox for one session. Raises ServiceError if none can be built."""
        self._taken.set()
        while self._ready and (limits.disk, limits.files) == (self._limits.disk, self._limits.files):
            sandbox = self._ready.popleft()
            if not sandbox.gone.is_set():
                return sandbox
        return await self._build(limits)

    async def _build(self, limits: pb.Limits) -> Sandbox:
        user = self._users.take()
        build = pb.Build(disk=limits.disk, files=limits.files, network=self._network)
        build.uid, build.gid, build.user = user.uid, user.gid, user.name
        try:
            return await self._builder.build(build, user)
        except BaseException:
            user.give_back()
            raise

    async def _keep_full(self) -> None:
        while True:
            await self._taken.wait()
            self._taken.clear()
            while len(self._ready) < AHEAD and self._users.has_free:
                try:
                    self._ready.append(await self._build(self._limits))
                except (SagewsError, OSError) as error:
                    log.error("no sandbox built ahead", error=str(error))
                    await asyncio.sleep(1)
