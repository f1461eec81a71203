"""The processes of one session and their descriptors: the only place that reads what a session writes.

Counterparts: `sagews/session/` at the other ends, `worker/session.py` as owner.

    channel   Unix stream   frames of Request in, frames of Report out
    stdout    pipe          bytes that anything in the session wrote to descriptor 1
    stderr    pipe          the same for descriptor 2

Order. A session waits until both pipes are empty before it sends a report, so
what was written before the report is read before it. Here, whatever became
readable, the channel is read first and the pipes after it, so what was
written after a report is read after it.

The end. The zygote tells how the main process ended. The session has ended
when, moreover, the init of its sandbox has, which the kernel shows only after
every process inside is dead. Without a sandbox the zygote kills what is left,
and tells only then.
"""

import asyncio
import fcntl
import os
import socket
import struct
import termios
from typing import Protocol

import structlog

from sagews.errors import ProtocolError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.cgroup import Cgroup
from sagews.worker.channel import READ, Channel
from sagews.worker.main_process import MainProcess
from sagews.worker.sandboxes import Sandbox
from sagews.worker.text import StreamText
from sagews.worker.usage import Meter, Tree
from sagews.worker.users import User
from sagews.worker.walls import Walls
from sagews.worker.zygote import Zygote

KILL_DEADLINE = 3.0
"""Seconds after which a zygote that does not tell of a killed session is killed itself."""
KILL_DEADLINE_BY_USER = 10.0
"""The same where all its sessions end with it, and what a session leaves takes it longer to find."""
READY_DEADLINE = 20.0
"""Seconds from the spawn to the session's own word that it is ready."""

SLICE, REST = 0.002, 0.002
"""Seconds for which reports are read at a time, and of the rest after them if there are more: a session that sends
without end keeps nobody else waiting."""
LAST_SLICE = 0.05
"""Seconds for reading what a session that has ended left in its channel."""

_CHUNKS = 16
_MAX_EARLY = 2000

log = structlog.get_logger()


class Owner(Protocol):
    """What the owner of a process is told."""

    def reported(self, report: pb.Report) -> None:
        """A frame came on the channel."""

    def wrote(self, stream: str, text: str) -> None:
        """Text came on a stream."""

    def violated(self, what: str) -> None:
        """The session sent what no session sends; it is to be killed."""

    def exited(self, exit_status: int | None, killed_by: int | None) -> None:
        """All processes of the session are gone; its main process exited so, or was killed by that signal."""


class SessionProcess:
    """One spawned session, seen through its descriptors and by its main process."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.owner: Owner | None = None
        self._main = MainProcess(self._main_ended)
        self.sandbox: Sandbox | None = None
        self.cgroup: Cgroup | None = None
        """In which all its processes are, where there are cgroups."""
        self.fingerprint = b""
        """Of the interpreter that it was forked from."""
        self._user: User | None = None
        self._walls: Walls
        self._zygote: Zygote
        self._channel: Channel
        self._pipes: dict[int, int] = {}
        self._resting: asyncio.TimerHandle | None = None
        self._text = StreamText()
        self._text_timer: asyncio.TimerHandle | None = None
        self._early = ""
        self._last_resort: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self.gone = asyncio.Event()
        """Set when all processes of the session are dead and all descriptors closed."""

    @property
    def pid(self) -> int:
        """Of the session's main process, as this machine counts; 0 before it is forked."""
        return self._main.pid

    @classmethod
    async def spawn(cls, zygote: Zygote, walls: Walls, limits: pb.Limits, *, spare: bool) -> "SessionProcess":
        """Fork a session and return it once it says that it is ready; a `spare` warms itself up before.

        Raises ServiceError if zygote or builder are away, TimeoutError or
        ProtocolError if the session does not get ready, OSError if it can
        have no cgroup.
        """
        process = cls()
        process._zygote, process._walls = zygote, walls
        await process._ask(limits, spare=spare)
        try:
            async with asyncio.timeout(READY_DEADLINE):
                await process._ready
                # Its own word may be here before the zygote's, without which nobody could count what it uses.
                await process._main.told_of.wait()
        except BaseException:
            if process._early:
                log.error("session not ready", wrote=process._early)
            process.kill()
            raise
        if process.gone.is_set():
            raise ProtocolError("ended as soon as it was ready", "session")
        return process

    async def _ask(self, limits: pb.Limits, *, spare: bool) -> None:
        """Give the zygote everything that the session needs, and ask for it."""
        theirs: list[int] = []
        try:
            self.sandbox = await self._walls.sandbox(limits)
            self._user = self._walls.user()
            self.cgroup = self._walls.cgroup(limits)
            theirs = self._make_descriptors()
            self._watch()
            pidfds = [] if self.sandbox is None else [self.sandbox.pidfd]
            joins = [] if self.cgroup is None else self.cgroup.procs
            walls = self._walls.of(self.sandbox, self._user, len(joins))
            spawn = pb.Spawn(limits=limits, spare=spare, walls=walls, by_user=self._walls.by_user)
            self.fingerprint = self._zygote.preloaded.fingerprint
            await self._zygote.spawn(spawn, [*theirs, *pidfds, *joins], self._main)
        except BaseException:
            if theirs:
                self._close()
            self._leave()
            raise
        finally:
            for fd in theirs:
                os.close(fd)
            if self.cgroup is not None:
                self.cgroup.close()

    def meter(self, limits: pb.Limits) -> Meter:
        """Return what tells how much the session uses. Ask once, before it runs anything of the reader's."""
        if self.cgroup is not None:
            return self.cgroup
        user = self._user.uid if self._user is not None and self._walls.by_user else 0
        return Tree([self.pid] if self.sandbox is None else [self.pid, self.sandbox.pid], limits, user=user)

    def _make_descriptors(self) -> list[int]:
        """Make all three, and return the session's ends. Raises ServiceError if there are not so many left."""
        made: list[int] = []
        try:
            made += [end.detach() for end in socket.socketpair()]
            for _ in range(2):
                made += os.pipe2(os.O_CLOEXEC)
        except OSError as error:
            for fd in made:
                os.close(fd)
            raise ServiceError(
                f"has no descriptors left ({error.strerror})", "worker", "allow it more open files (ulimit -n)"
            ) from error
        channel, channel_theirs, stdout, stdout_theirs, stderr, stderr_theirs = made
        self._channel = Channel(socket.socket(fileno=channel))
        self._pipes = {1: stdout, 2: stderr}
        return [channel_theirs, stdout_theirs, stderr_theirs]

    # ------------------------------------------------------------- inward

    def send(self, request: pb.Request, *, at_once: bool = False) -> bool:
        """Send a request to the session; False if too much waits already or it is gone.

        `at_once` is for the few that must not be lost, however much waits.
        """
        return not self.gone.is_set() and self._channel.send(request, at_once=at_once)

    def interrupt(self) -> None:
        """Send SIGINT to the session's process group."""
        self._main.interrupt()

    def quit(self) -> None:
        """Send SIGQUIT to the session's main process, which shows where it is and ends."""
        self._main.quit()

    def kill(self) -> None:
        """Kill every process of the session; a zygote that does not tell of it within `KILL_DEADLINE` is killed too."""
        if self.gone.is_set():
            return
        self._main.kill()
        if self.sandbox is not None:
            self.sandbox.kill()
        if self.cgroup is not None:
            self.cgroup.kill()
        if self._last_resort is None:
            deadline = KILL_DEADLINE_BY_USER if self._walls.by_user else KILL_DEADLINE
            self._last_resort = self._loop.call_later(deadline, self._kill_zygote)

    def _kill_zygote(self) -> None:
        """End a zygote that does not reap: its children become this process's, which does."""
        if not self.gone.is_set():
            log.error("zygote does not tell of a session's end", zygotes=sorted(self._zygote.pids), pid=self.pid)
            self._zygote.kill(self._main)

    # ------------------------------------------------------------ outward

    def _watch(self) -> None:
        self._loop.add_reader(self._channel.fileno(), self._read_output)
        for fd in self._pipes.values():
            os.set_blocking(fd, False)
            self._loop.add_reader(fd, self._read_output)

    def _read_output(self) -> None:
        """Read the channel first and the pipes after it; see the top of this file."""
        self._read_channel(SLICE)
        if self._channel.has_more:
            self._rest()
            return
        for number, fd in list(self._pipes.items()):
            self._read_pipe(number, fd)

    def _read_channel(self, seconds: float) -> None:
        try:
            for report in self._channel.reports(seconds):
                self._take_report(report)
        except ProtocolError as error:
            self._channel.is_over = True
            self._violated(str(error))
        if self._channel.is_over:
            self._loop.remove_reader(self._channel.fileno())

    def _rest(self) -> None:
        """Read nothing for a moment: others shall have their turn."""
        for fd in (self._channel.fileno(), *self._pipes.values()):
            self._loop.remove_reader(fd)
        self._resting = self._loop.call_later(REST, self._go_on)

    def _go_on(self) -> None:
        self._resting = None
        for fd in (self._channel.fileno(), *self._pipes.values()):
            self._loop.add_reader(fd, self._read_output)
        self._read_output()

    def _take_report(self, report: pb.Report) -> None:
        kind = report.WhichOneof("kind")
        if kind == "ready":
            if self._ready.done():
                raise ProtocolError("says twice that it is ready", "session")
            self._ready.set_result(None)
            return
        self.flush_text(final=kind == "finished")
        if self.owner is not None:
            self.owner.reported(report)

    def _read_pipe(self, number: int, fd: int) -> None:
        try:
            data = os.read(fd, READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(fd)
            os.close(fd)
            del self._pipes[number]
            return
        self._wrote(self._text.feed(number, data, self._loop.time()))
        if self._text.due is not None and self._text_timer is None:
            self._text_timer = self._loop.call_at(self._text.due, self._text_is_due)

    def _text_is_due(self) -> None:
        self._text_timer = None
        self._wrote(self._text.flush(self._loop.time()))

    def flush_text(self, *, final: bool = False) -> None:
        """Hand on the text that was held back to be joined with more."""
        self._wrote(self._text.flush(self._loop.time(), final=final))

    def _wrote(self, pieces: list[tuple[str, str]]) -> None:
        for stream, text in pieces:
            if self.owner is not None:
                self.owner.wrote(stream, text)
            elif len(self._early) < _MAX_EARLY:
                self._early += text

    def _violated(self, what: str) -> None:
        if not self._ready.done():
            self._ready.set_exception(ProtocolError(what, "session"))
        elif self.owner is not None:
            self.owner.violated(what)

    # ------------------------------------------------------------ the end

    def _main_ended(self) -> None:
        """Know that the main process has ended; what else there is of the session ends too."""
        if self.sandbox is None or self.sandbox.gone.is_set():
            self._end()
        else:
            self.sandbox.kill()
            self._ending = self._loop.create_task(self._end_with_sandbox(self.sandbox))

    async def _end_with_sandbox(self, sandbox: Sandbox) -> None:
        await sandbox.gone.wait()
        self._end()

    def _end(self) -> None:
        """Take what the session wrote before its end, close everything, tell the owner."""
        if self.gone.is_set():
            return
        self._drain()
        self._close()
        if not self._ready.done():
            self._ready.set_exception(ProtocolError("ended before it was ready", "session"))
        status = self._main.status or 0
        try:
            if self.owner is not None and os.WIFSIGNALED(status):
                self.owner.exited(None, os.WTERMSIG(status))
            elif self.owner is not None:
                self.owner.exited(os.WEXITSTATUS(status), None)
        finally:
            self._leave()

    def _leave(self) -> None:
        """Have sandbox and cgroup removed; nobody asks any more what was counted."""
        if self.sandbox is not None:
            self.sandbox.kill()
        if self._user is not None:
            self._user.give_back()
        if self.cgroup is not None:
            self._walls.remove(self.cgroup)

    def _drain(self) -> None:
        """Read what is left; bounded, since what outlived an init that was killed may still write."""
        self._read_channel(LAST_SLICE)
        for number in list(self._pipes):
            for _ in range(_CHUNKS * 4):
                if number not in self._pipes or not _unread(self._pipes[number]):
                    break
                self._read_pipe(number, self._pipes[number])
        self.flush_text(final=True)

    def _close(self) -> None:
        for timer in (self._text_timer, self._last_resort, self._resting):
            if timer is not None:
                timer.cancel()
        self._loop.remove_reader(self._channel.fileno())
        self._channel.close()
        self._main.close()
        for fd in self._pipes.values():
            self._loop.remove_reader(fd)
            os.close(fd)
        self._pipes.clear()
        self.gone.set()


def _unread(fd: int) -> int:
    """Return how many bytes wait in a pipe (ioctl FIONREAD, see pipe(7))."""
    (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)
