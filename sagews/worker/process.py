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
import contextlib
import fcntl
import os
import signal
import socket
import struct
import termios
from typing import Protocol

import structlog
from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.worker.sandboxes import Sandbox
from sagews.worker.text import StreamText
from sagews.worker.walls import Walls
from sagews.worker.zygote import Zygote

READ = 1 << 16
"""Bytes read at once; the size of a pipe."""
MAX_UNSENT = 40 << 20
"""Bytes that may wait for a session that does not read its channel."""
KILL_DEADLINE = 3.0
"""Seconds after which a zygote that does not tell of a killed session is killed itself."""
READY_DEADLINE = 20.0
"""Seconds from the spawn to the session's own word that it is ready."""

HANDED_ON = 0.01
"""Seconds between looks at a dead process that is not yet this one's child."""

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
        """All processes of the session are gone. Both None: nobody can say how its main process ended."""


class SessionProcess:
    """One spawned session, seen through its descriptors and by its main process."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.owner: Owner | None = None
        self.pid = 0
        """Of the session's main process, as this machine counts; 0 before it is forked."""
        self.sandbox: Sandbox | None = None
        self._zygote: Zygote | None = None
        self._channel: socket.socket
        self._pipes: dict[int, int] = {}
        self._frames = FrameReader()
        self._text = StreamText()
        self._text_timer: asyncio.TimerHandle | None = None
        self._unsent = bytearray()
        self._early = ""
        self._status: int | None = None
        self._deaf = False
        self._killed = False
        self._pidfd = -1
        self._last_resort: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self.gone = asyncio.Event()
        """Set when all processes of the session are dead and all descriptors closed."""

    @classmethod
    async def spawn(cls, zygote: Zygote, walls: Walls, limits: pb.Limits, *, spare: bool) -> "SessionProcess":
        """Fork a session and return it once it says that it is ready; a `spare` warms itself up before.

        Raises ServiceError if zygote or builder are away, TimeoutError or
        ProtocolError if the session does not get ready.
        """
        process = cls()
        process._zygote = zygote
        process.sandbox = await walls.sandbox()
        try:
            theirs = process._make_descriptors()
        except BaseException:
            process._kill_sandbox()
            raise
        process._watch()
        try:
            spawn = pb.Spawn(limits=limits, spare=spare, walls=walls.of(process.sandbox))
            pidfds = [] if process.sandbox is None else [process.sandbox.pidfd]
            await zygote.spawn(spawn, [*theirs, *pidfds], process)
        except BaseException:
            process._close()
            process._kill_sandbox()
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        try:
            await asyncio.wait_for(process._ready, READY_DEADLINE)
        except BaseException:
            if process._early:
                log.error("session not ready", wrote=process._early)
            process.kill()
            raise
        if process.gone.is_set():
            raise ProtocolError("ended as soon as it was ready", "session")
        return process

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
        self._channel = socket.socket(fileno=channel)
        self._pipes = {1: stdout, 2: stderr}
        return [channel_theirs, stdout_theirs, stderr_theirs]

    # ------------------------------------------------------------- inward

    def send(self, request: pb.Request, *, at_once: bool = False) -> bool:
        """Send a request to the session; False if too much waits already or it is gone.

        `at_once` is for the few that must not be lost, however much waits.
        """
        if self.gone.is_set() or (len(self._unsent) > MAX_UNSENT and not at_once):
            return False
        data = frame(request.SerializeToString())
        if not self._unsent:
            try:
                data = data[self._channel.send(data) :]
            except BlockingIOError:
                pass
            except OSError:
                return False
        if data:
            if not self._unsent:
                self._loop.add_writer(self._channel.fileno(), self._send_more)
            self._unsent += data
        return True

    def interrupt(self) -> None:
        """Send SIGINT to the session's process group."""
        if self._pidfd >= 0 and self._status is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGINT)

    def quit(self) -> None:
        """Send SIGQUIT to the session's main process, which shows where it is and ends."""
        self._signal(signal.SIGQUIT)

    def kill(self) -> None:
        """Kill every process of the session; a zygote that does not tell of it within `KILL_DEADLINE` is killed too."""
        if self.gone.is_set():
            return
        self._killed = True
        if self.sandbox is None:
            self._signal(signal.SIGKILL)
        else:
            self.sandbox.kill()
        if self._last_resort is None:
            self._last_resort = self._loop.call_later(KILL_DEADLINE, self._kill_zygote)

    def _signal(self, number: int) -> None:
        if self._pidfd >= 0 and self._status is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def _kill_zygote(self) -> None:
        """End a zygote that does not reap: its children become this process's, which does."""
        if not self.gone.is_set() and self._zygote is not None:
            log.error("zygote does not tell of a session's end", zygotes=sorted(self._zygote.pids), pid=self.pid)
            self._zygote.kill()

    def _send_more(self) -> None:
        try:
            sent = self._channel.send(self._unsent[: 1 << 20])
            del self._unsent[:sent]
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
        if not self._unsent:
            self._loop.remove_writer(self._channel.fileno())

    # ------------------------------------------------------------ outward

    def _watch(self) -> None:
        self._channel.setblocking(False)
        self._loop.add_reader(self._channel.fileno(), self._read_output)
        for fd in self._pipes.values():
            os.set_blocking(fd, False)
            self._loop.add_reader(fd, self._read_output)

    def _read_output(self) -> None:
        """Read the channel first and the pipes after it; see the top of this file."""
        self._read_channel()
        for number, fd in list(self._pipes.items()):
            self._read_pipe(number, fd)

    def _read_channel(self) -> None:
        for _ in range(_CHUNKS):
            if self._channel.fileno() < 0 or self._deaf:
                return
            try:
                data = self._channel.recv(READ * 4)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._loop.remove_reader(self._channel.fileno())
                return
            try:
                for payload in self._frames.feed(data):
                    self._take_report(pb.Report.FromString(payload))
            except (ProtocolError, DecodeError) as error:
                self._loop.remove_reader(self._channel.fileno())
                self._deaf = True
                self._violated(str(error))
                return

    def _take_report(self, report: pb.Report) -> None:
        kind = report.WhichOneof("kind")
        if kind is None:
            raise ProtocolError("has no kind", "report")
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

    def forked(self, pidfd: int) -> None:
        """Hear that the main process exists, or could not be forked."""
        self._pidfd = pidfd
        if pidfd < 0:
            self.exited(0)
            return
        self.pid = _process_id(pidfd)
        if self._killed:
            self.kill()

    def exited(self, status: int) -> None:
        """Hear how the main process ended; what else there is of the session ends too."""
        self._status = status
        if self.sandbox is None or self.sandbox.gone.is_set():
            self._end()
        else:
            self.sandbox.kill()
            self._ending = self._loop.create_task(self._end_with_sandbox(self.sandbox))

    def orphaned(self) -> None:
        """Hear that the zygote has died: the main process is this process's child now, to be reaped here."""
        if self._pidfd < 0:
            self.exited(signal.SIGKILL)
            return
        self._loop.add_reader(self._pidfd, self._reap)
        if self._killed:
            self.kill()

    def _reap(self) -> None:
        """Collect the main process, or know that somebody else has.

        The zygote's end is seen a moment before its children are handed on;
        in another process namespace they have another heir.
        """
        self._loop.remove_reader(self._pidfd)
        try:
            _pid, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            if _is_there(self._pidfd):
                self._loop.call_later(HANDED_ON, self._reap)
                return
            status = signal.SIGKILL
        self.exited(status)

    async def _end_with_sandbox(self, sandbox: Sandbox) -> None:
        await sandbox.gone.wait()
        self._end()

    def _kill_sandbox(self) -> None:
        if self.sandbox is not None:
            self.sandbox.kill()

    def _end(self) -> None:
        """Take what the session wrote before its end, close everything, tell the owner."""
        if self.gone.is_set():
            return
        self._drain()
        self._close()
        if not self._ready.done():
            self._ready.set_exception(ProtocolError("ended before it was ready", "session"))
        if self.owner is not None:
            status = self._status or 0
            if os.WIFSIGNALED(status):
                self.owner.exited(None, os.WTERMSIG(status))
            else:
                self.owner.exited(os.WEXITSTATUS(status), None)

    def _drain(self) -> None:
        """Read what is left; bounded, since something that cannot be killed may still write."""
        self._read_channel()
        for number in list(self._pipes):
            for _ in range(_CHUNKS * 4):
                if number not in self._pipes or not _unread(self._pipes[number]):
                    break
                self._read_pipe(number, self._pipes[number])
        self.flush_text(final=True)

    def _close(self) -> None:
        for timer in (self._text_timer, self._last_resort):
            if timer is not None:
                timer.cancel()
        self._loop.remove_reader(self._channel.fileno())
        self._loop.remove_writer(self._channel.fileno())
        self._channel.close()
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        for fd in self._pipes.values():
            self._loop.remove_reader(fd)
            os.close(fd)
        self._pipes.clear()
        self.gone.set()


def _is_there(pidfd: int) -> bool:
    """Whether a process has not been reaped."""
    try:
        signal.pidfd_send_signal(pidfd, 0)
    except ProcessLookupError:
        return False
    return True


def _process_id(pidfd: int) -> int:
    """Return the id of a process as this machine's /proc counts (proc_pid_fdinfo(5)); 0 or less once it is reaped."""
    with open(f"/proc/self/fdinfo/{pidfd}", "rb") as info:
        return next((int(line[4:]) for line in info if line.startswith(b"Pid:")), 0)


def _unread(fd: int) -> int:
    """Return how many bytes wait in a pipe (ioctl FIONREAD, see pipe(7))."""
    (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)
