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
import fcntl
import os
import socket
import struct
import termios
from typing import Protocol

import structlog
from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.worker.text import StreamText
from sagews.worker.zygote import Zygote

READ = 1 << 16
"""Bytes read at once; the size of a pipe."""
MAX_UNSENT = 40 << 20
"""Bytes that may wait for a session that does not read its channel."""
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

    def exited(self, exit_status: int | None, signal: int | None) -> None:
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
        process._channel, channel = socket.socketpair()
        process._lifeline, lifeline = socket.socketpair()
        stdout, stdout_write = os.pipe2(os.O_CLOEXEC)
        stderr, stderr_write = os.pipe2(os.O_CLOEXEC)
        process._pipes = {1: stdout, 2: stderr}
        theirs = [channel.fileno(), stdout_write, stderr_write, lifeline.fileno()]
        process._watch()
        try:
            await zygote.spawn(limits, theirs, spare=spare)
        except BaseException:
            process._close()
            raise
        finally:
            channel.close()
            lifeline.close()
            os.close(stdout_write)
            os.close(stderr_write)
        try:
            await asyncio.wait_for(process._ready, READY_DEADLINE)
        except BaseException:
            process.kill()
            raise
        return process

    # ------------------------------------------------------------- inward

    def send(self, request: pb.Request) -> bool:
        """Send a request to the session; False if too much waits already or it is gone."""
        if self.gone.is_set() or len(self._unsent) > MAX_UNSENT:
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
        """Kill every process of the session."""
        self._tell(b"K")

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
            if self._channel.fileno() < 0:
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
                self._violated(str(error))
                return

    def _take_report(self, report: pb.Report) -> None:
        kind = report.WhichOneof("kind")
        if kind is None:
            raise ProtocolError("has no kind", "report")
        if kind == "ready":
            if not self._ready.done():
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
            else:
                self._ended(number if tag == b"X" else None, number if tag == b"S" else None)
                return
        if not data:
            self._ended(None, None)

    def _ended(self, exit_status: int | None, signal: int | None) -> None:
        """Take what the session wrote before its end, close everything, tell the owner."""
        if self.gone.is_set():
            return
        self._drain()
        self._close()
        if not self._ready.done():
            self._ready.set_exception(ProtocolError("ended before it was ready", "session"))
        if self.owner is not None:
            self.owner.exited(exit_status, signal)

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
        if self._text_timer is not None:
            self._text_timer.cancel()
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
