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
from typing import Protocol

import structlog
from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.worker.text import StreamText
from sagews.worker.zygote import Zygote

READ = 1 << 16
"""Bytes read at once; the size of a pipe."""
MAX_UNSENT = 40 << 20
"""Bytes that may wait for a session that does not read its channel."""
KILL_DEADLINE = 4.0
"""Seconds that an init has to kill everything of its session."""
READY_DEADLINE = 20.0
"""Seconds from the spawn to the session's own word that it is ready."""

_STATUS = struct.Struct(">ci")
_CHUNKS = 16

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
        """All processes of the session are gone. Both None: its init was killed."""


class SessionProcess:
    """One spawned session, seen through its four descriptors."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.owner: Owner | None = None
        self.pid = 0
        """Of the session's main process, as its init told; 0 before."""
        self._channel: socket.socket
        self._lifeline: socket.socket
        self._pipes: dict[int, int] = {}
        self._frames = FrameReader()
        self._text = StreamText()
        self._text_timer: asyncio.TimerHandle | None = None
        self._unsent = bytearray()
        self._status = b""
        self._deaf = False
        self._init = 0
        self._last_resort: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self.gone = asyncio.Event()
        """Set when all processes of the session are dead and all descriptors closed."""

    @classmethod
    async def spawn(cls, zygote: Zygote, limits: pb.Limits, *, spare: bool) -> "SessionProcess":
        """Fork a session and return it once it says that it is ready; a `spare` warms itself up before.

        Raises ServiceError if the zygote is away, TimeoutError or
        ProtocolError if the session does not get ready.
        """
        process = cls()
        theirs = process._make_descriptors()
        process._watch()
        try:
            await zygote.spawn(limits, theirs, spare=spare)
        except BaseException:
            process._close()
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        try:
            await asyncio.wait_for(process._ready, READY_DEADLINE)
        except BaseException:
            process.kill()
            raise
        if process.gone.is_set():
            raise ProtocolError("ended as soon as it was ready", "session")
        return process

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
        self._channel, self._lifeline = socket.socket(fileno=channel), socket.socket(fileno=lifeline)
        self._pipes = {1: stdout, 2: stderr}
        return [channel_theirs, stdout_theirs, stderr_theirs, lifeline_theirs]

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
        self._tell(b"I")

    def kill(self) -> None:
        """Kill every process of the session; an init that does not do it within `KILL_DEADLINE` is killed too."""
        self._tell(b"K")
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
        self._lifeline.setblocking(False)
        self._loop.add_reader(self._channel.fileno(), self._read_output)
        for fd in self._pipes.values():
            os.set_blocking(fd, False)
            self._loop.add_reader(fd, self._read_output)
        self._loop.add_reader(self._lifeline.fileno(), self._read_lifeline)

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
            elif tag == b"I":
                self._init = number
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
        if self.owner is not None:
            self.owner.exited(exit_status, killed_by)

    def _drain(self) -> None:
        """Read what is left; bounded, since what outlived an init that was killed may still write."""
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
        for sock in (self._channel, self._lifeline):
            self._loop.remove_reader(sock.fileno())
            self._loop.remove_writer(sock.fileno())
            sock.close()
        for fd in self._pipes.values():
            self._loop.remove_reader(fd)
            os.close(fd)
        self._pipes.clear()
        self.gone.set()


def _unread(fd: int) -> int:
    """Return how many bytes wait in a pipe (ioctl FIONREAD, see pipe(7))."""
    (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)
