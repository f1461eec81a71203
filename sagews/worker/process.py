"""The descriptors of one session's process: the only place that reads what a session writes.

Counterparts: `sagews/session/` at the other ends, `worker/session.py` as owner.

    channel   Unix stream   frames of Request in, frames of Report out
    stdout    pipe          bytes that anything in the session wrote to descriptor 1
    stderr    pipe          the same for descriptor 2
    lifeline  Unix stream   single letters in, the process id and the end out; its end of file kills

Order. A session waits until both pipes are empty before it sends a report, so
what was written before the report is read before it. Here, whatever became
readable, the channel is read first and the pipes after it, so what was
written after a report is read after it.

The end. The init writes how the session ended only when all of its processes
are dead; until that moment the session counts as alive.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import struct
import termios
from itertools import count
from typing import Protocol

import structlog

from sagews.errors import ProtocolError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.cgroup import Cgroup
from sagews.worker.cgroups import Cgroups
from sagews.worker.channel import READ, Channel
from sagews.worker.text import StreamText
from sagews.worker.usage import Meter, Tree
from sagews.worker.zygote import Zygote

KILL_DEADLINE = 4.0
"""Seconds that an init has to kill everything of its session."""
READY_DEADLINE = 20.0
"""Seconds from the spawn to the session's own word that it is ready."""

SLICE, REST = 0.002, 0.002
"""Seconds for which reports are read at a time, and of the rest after them if there are more: a session that sends
without end keeps nobody else waiting."""
LAST_SLICE = 0.05
"""Seconds for reading what a session that has ended left in its channel."""

_STATUS = struct.Struct(">ci")
_CHUNKS = 16
_number = count(1)

log = structlog.get_logger()


class Owner(Protocol):
    """What the owner of a process is told."""

    def reported(self, report: pb.Report) -> None:
        """A frame came on the channel."""

    def wrote(self, stream: str, text: str) -> None:
        """Text came on a stream."""

    def interrupted(self) -> None:
        """Every interrupt that was asked for is sent."""

    def violated(self, what: str) -> None:
        """The session sent what no session sends; it is to be killed."""

    def exited(self, exit_status: int | None, killed_by: int | None) -> None:
        """All processes of the session are gone. Both None: its init was killed."""


class SessionProcess:
    """One spawned session, seen through its four descriptors."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.owner: Owner | None = None
        self.pid = 0
        """Of the session's main process, as its init told; 0 before."""
        self.interrupts_on_their_way = 0
        """That the init has not sent yet."""
        self.cgroup: Cgroup | None = None
        """In which all its processes are, where there are cgroups."""
        self._cgroups: Cgroups | None = None
        self._channel: Channel
        self._lifeline: socket.socket
        self._pipes: dict[int, int] = {}
        self._resting: asyncio.TimerHandle | None = None
        self._text = StreamText()
        self._text_timer: asyncio.TimerHandle | None = None
        self._status = b""
        self._init = 0
        self._last_resort: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._told = asyncio.Event()
        """Set when its init has told the process id, or will not."""
        self.gone = asyncio.Event()
        """Set when all processes of the session are dead and all descriptors closed."""

    @classmethod
    async def spawn(
        cls, zygote: Zygote, limits: pb.Limits, cgroups: Cgroups | None, *, spare: bool
    ) -> "SessionProcess":
        """Fork a session and return it once it says that it is ready; a `spare` warms itself up before.

        Raises ServiceError if the zygote is away, TimeoutError or
        ProtocolError if the session does not get ready, OSError if it cannot
        be put into its cgroup.
        """
        process = cls()
        theirs = process._make_descriptors()
        process._watch()
        try:
            if cgroups is not None:
                process._cgroups, process.cgroup = cgroups, cgroups.make(f"s{next(_number)}", limits)
            await zygote.spawn(limits, theirs, spare=spare)
        except BaseException:
            process._close()
            process._leave_cgroup()
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        try:
            async with asyncio.timeout(READY_DEADLINE):
                await process._ready
                await process._told.wait()
                await process._confine()
        except BaseException:
            process.kill()
            raise
        if process.gone.is_set():
            raise ProtocolError("ended as soon as it was ready", "session")
        return process

    async def _confine(self) -> None:
        """Put the session into its cgroup, before it runs anything of the reader's."""
        if self.cgroup is not None and not self.gone.is_set():
            # The system may take some milliseconds for it.
            await self._loop.run_in_executor(None, self.cgroup.join, self.pid)
            self.cgroup.close()

    def meter(self, limits: pb.Limits) -> Meter:
        """Return what tells how much the session uses. Ask once, before it runs anything of the reader's."""
        return self.cgroup if self.cgroup is not None else Tree(self._init, limits)

    def _make_descriptors(self) -> list[int]:
        """Make all four, and return the session's ends. Raises ServiceError if there are not so many left."""
        made: list[int] = []
        try:
            for _ in range(2):
                made += [end.detach() for end in socket.socketpair()]
            for _ in range(2):
                made += os.pipe2(os.O_CLOEXEC)
        except OSError as error:
            for fd in made:
                os.close(fd)
            raise ServiceError(
                f"has no descriptors left ({error.strerror})", "worker", "allow it more open files (ulimit -n)"
            ) from error
        channel, channel_theirs, lifeline, lifeline_theirs, stdout, stdout_theirs, stderr, stderr_theirs = made
        self._channel, self._lifeline = Channel(socket.socket(fileno=channel)), socket.socket(fileno=lifeline)
        self._pipes = {1: stdout, 2: stderr}
        return [channel_theirs, stdout_theirs, stderr_theirs, lifeline_theirs]

    # ------------------------------------------------------------- inward

    def send(self, request: pb.Request, *, at_once: bool = False) -> bool:
        """Send a request to the session; False if too much waits already or it is gone.

        `at_once` is for the few that must not be lost, however much waits.
        """
        return not self.gone.is_set() and self._channel.send(request, at_once=at_once)

    def interrupt(self) -> None:
        """Send SIGINT to the session's process group; the owner is told when that is done."""
        self.interrupts_on_their_way += 1
        self._tell(b"I")

    def quit(self) -> None:
        """Send SIGQUIT to the session's main process, which shows where it is and ends."""
        self._tell(b"Q")

    def kill(self) -> None:
        """Kill every process of the session; an init that does not do it within `KILL_DEADLINE` is killed too."""
        self._tell(b"K")
        if self.cgroup is not None and not self.gone.is_set():
            self.cgroup.kill()
        if self._last_resort is None and not self.gone.is_set():
            self._last_resort = self._loop.call_later(KILL_DEADLINE, self._kill_init)

    def _kill_init(self) -> None:
        """Kill an init that the session has stopped: the zygote inherits and kills what is left."""
        if self._init and not self.gone.is_set():
            log.error("init did not end its session", init=self._init, pid=self.pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._init, signal.SIGKILL)

    def _tell(self, letter: bytes) -> None:
        if not self.gone.is_set():
            try:
                self._lifeline.send(letter)
            except OSError as error:
                log.warning("init does not listen", pid=self.pid, error=str(error))

    # ------------------------------------------------------------ outward

    def _watch(self) -> None:
        self._lifeline.setblocking(False)
        self._loop.add_reader(self._channel.fileno(), self._read_output)
        for fd in self._pipes.values():
            os.set_blocking(fd, False)
            self._loop.add_reader(fd, self._read_output)
        self._loop.add_reader(self._lifeline.fileno(), self._read_lifeline)

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
        if self.owner is not None:
            for stream, text in pieces:
                self.owner.wrote(stream, text)

    def _violated(self, what: str) -> None:
        if not self._ready.done():
            self._ready.set_exception(ProtocolError(what, "session"))
        elif self.owner is not None:
            self.owner.violated(what)

    # ------------------------------------------------------------ the end

    def _read_lifeline(self) -> None:
        try:
            data = self._lifeline.recv(64)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._status += data
        while len(self._status) >= _STATUS.size:
            tag, number = _STATUS.unpack_from(self._status)
            self._status = self._status[_STATUS.size :]
            if tag == b"P":
                self.pid = number
                self._told.set()
            elif tag == b"I":
                self._init = number
            elif tag == b"A":
                self.interrupts_on_their_way -= number
                if self.owner is not None and not self.interrupts_on_their_way:
                    self.owner.interrupted()
            else:
                self._ended(number if tag == b"X" else None, number if tag == b"S" else None)
                return
        if not data:
            self._ended(None, None)

    def _ended(self, exit_status: int | None, killed_by: int | None) -> None:
        """Take what the session wrote before its end, close everything, tell the owner."""
        if self.gone.is_set():
            return
        self._drain()
        self._close()
        if not self._ready.done():
            self._ready.set_exception(ProtocolError("ended before it was ready", "session"))
        try:
            if self.owner is not None:
                self.owner.exited(exit_status, killed_by)
        finally:
            self._leave_cgroup()

    def _leave_cgroup(self) -> None:
        """Have the cgroup removed, when nobody asks any more what it counted."""
        if self.cgroup is not None and self._cgroups is not None:
            self._cgroups.remove(self.cgroup)

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
        self._told.set()
        for timer in (self._text_timer, self._last_resort, self._resting):
            if timer is not None:
                timer.cancel()
        for end in (self._channel, self._lifeline):
            self._loop.remove_reader(end.fileno())
            end.close()
        for fd in self._pipes.values():
            self._loop.remove_reader(fd)
            os.close(fd)
        self._pipes.clear()
        self.gone.set()


def _unread(fd: int) -> int:
    """Return how many bytes wait in a pipe (ioctl FIONREAD, see pipe(7))."""
    (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)
