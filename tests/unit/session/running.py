"""A real zygote and real sessions, driven as the supervisor drives them: requests in, reports and text out.

with running_zygote() as zygote, zygote.session() as session:
    assert session.evaluate("1+1").results == ["2"]
"""

import array
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame

DEADLINE = 20.0
PRELOAD = ["numpy", "scipy", "sympy", "matplotlib.pyplot", "pandas", "ipywidgets"]
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


@contextmanager
def running_zygote(
    preload: list[str] | None = None, environment: dict[str, str] | None = None
) -> Iterator["RunningZygote"]:
    """Start a zygote by exec; afterwards it and all its sessions are gone."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    names = ",".join(PRELOAD if preload is None else preload)
    command = [sys.executable, "-m", "sagews.session.zygote", "--control", str(theirs.fileno()), "--preload", names]
    process = subprocess.Popen(
        command,
        env=ENVIRONMENT | (environment or {}),
        cwd="/",
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
    theirs.close()
    zygote = RunningZygote(process, ours)
    try:
        ours.settimeout(60)
        report = ours.recv(1 << 16)
        assert report, "the zygote ended before it reported"
        zygote.preloaded = pb.ZygoteReport.FromString(report).preloaded
        ours.settimeout(0)
        yield zygote
    finally:
        for session in zygote.sessions:
            session.end()
        for session in zygote.sessions:
            session.close()
        ours.close()
        process.wait(DEADLINE)


@dataclass
class RunningZygote:
    process: subprocess.Popen[bytes]
    control: socket.socket
    preloaded: pb.Preloaded = field(default_factory=pb.Preloaded)
    sessions: list["RunningSession"] = field(default_factory=list)

    numbers: int = 0
    asked: dict[int, "RunningSession"] = field(default_factory=dict)

    def spawn(self, **limits: Any) -> "RunningSession":
        """Ask for a session, and return at once."""
        return self.spawn_behind(pb.Walls(), **limits)

    def spawn_behind(self, walls: pb.Walls, *, by_user: bool = False, **limits: Any) -> "RunningSession":
        """Ask for a session that puts up these walls, and is held by its user if it shall be."""
        session, theirs = RunningSession.with_descriptors(self)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", theirs))]
        self.numbers += 1
        self.asked[self.numbers] = session
        spawn = pb.Spawn(number=self.numbers, limits=pb.Limits(**limits), walls=walls, by_user=by_user)
        self.control.setblocking(True)
        self.control.sendmsg([pb.ZygoteRequest(spawn=spawn).SerializeToString()], rights)
        self.control.setblocking(False)
        for fd in theirs:
            os.close(fd)
        self.sessions.append(session)
        return session

    def hear(self) -> None:
        """Take what the zygote reports, each to the session that it is about."""
        while True:
            try:
                datagram, received, _flags, _address = socket.recv_fds(self.control, 1 << 16, 4)
            except BlockingIOError:
                return
            except ConnectionResetError:
                datagram, received = b"", []
            if not datagram:
                return
            report = pb.ZygoteReport.FromString(datagram)
            about = self.asked.get(report.forked.number or report.exited.number)
            if about is not None and report.HasField("forked"):
                about.pid = _process_id(received[0]) if received else report.forked.pid or -1
            elif about is not None:
                status = report.exited.status
                about.ended = ("S", os.WTERMSIG(status)) if os.WIFSIGNALED(status) else ("X", os.WEXITSTATUS(status))
            for fd in received:
                os.close(fd)

    @contextmanager
    def session(self, **limits: Any) -> Iterator["RunningSession"]:
        session = self.spawn(**limits)
        try:
            session.wait_until_ready()
            yield session
        finally:
            session.end()
            self.sessions.remove(session)


@dataclass
class Output:
    """What an evaluation showed, in order: ("stdout", text), ("display_data", content) ..."""

    events: list[tuple[str, Any]] = field(default_factory=list)
    status: str = ""
    unrepeatable: str = ""
    """Why a watched evaluation cannot be repeated: `clock`, `random` ... Empty: it can."""

    def wrote(self, stream: str, text: str) -> None:
        if self.events and self.events[-1][0] == stream:
            text = self.events.pop()[1] + text
        self.events.append((stream, text))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events]

    def text(self, stream: str = "stdout") -> str:
        return "".join(value for kind, value in self.events if kind == stream)

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [value for each, value in self.events if each == kind]

    @property
    def results(self) -> list[str]:
        return [content["data"]["text/plain"] for content in self.all("execute_result")]

    @property
    def error(self) -> dict[str, Any]:
        (error,) = self.all("error")
        return error

    @property
    def traceback(self) -> str:
        """The lines of the one error, without their colours."""
        return plain("\n".join(self.error["traceback"]))


def plain(text: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


class RunningSession:
    """The supervisor's ends of one session's descriptors."""

    def __init__(self, zygote: RunningZygote, channel: socket.socket, stdout: int, stderr: int) -> None:
        self.zygote = zygote
        self.channel = channel
        self.pipes = {"stdout": stdout, "stderr": stderr}
        self.ready = False
        self.pid = 0
        self.ended: tuple[str, int] | None = None
        self.reading = True
        self._frames = FrameReader()
        self._output = Output()
        self._replies: dict[int, dict[str, Any]] = {}
        self._file_replies: dict[int, pb.FileReply] = {}
        self._request = 0

    @classmethod
    def with_descriptors(cls, zygote: RunningZygote) -> tuple["RunningSession", list[int]]:
        channel, their_channel = socket.socketpair()
        stdout, their_stdout = os.pipe2(os.O_CLOEXEC)
        stderr, their_stderr = os.pipe2(os.O_CLOEXEC)
        for fd in (channel.fileno(), stdout, stderr):
            os.set_blocking(fd, False)
        return cls(zygote, channel, stdout, stderr), [their_channel.detach(), their_stdout, their_stderr]

    @property
    def output(self) -> Output:
        """Of the evaluation that was started last."""
        return self._output

    # -------------------------------------------------------------- in

    def send(self, **kind: Any) -> int:
        self._request += 1
        self.channel.setblocking(True)
        self.channel.sendall(frame(pb.Request(id=self._request, **kind).SerializeToString()))
        self.channel.setblocking(False)
        return self._request

    def start(self, code: str, cell: str = "", **options: Any) -> Output:
        """Begin an evaluation; what it shows comes into the returned output."""
        self._output = Output()
        self.send(evaluate=pb.Evaluate(evaluation="e", cell=cell, code=code, **options))
        return self._output

    def evaluate(self, code: str, cell: str = "", deadline: float = DEADLINE, **options: Any) -> Output:
        """Evaluate to the end."""
        output = self.start(code, cell, **options)
        return self.finish(output, deadline)

    def finish(self, output: Output, deadline: float = DEADLINE) -> Output:
        self.until(lambda: bool(output.status), deadline)
        return output

    def complete(self, code: str, cursor: int | None = None, deadline: float = DEADLINE) -> dict[str, Any]:
        position = len(code) if cursor is None else cursor
        return self._reply(self.send(complete=pb.Complete(code=code, cursor=position)), deadline)

    def inspect(self, code: str, cursor: int | None = None, detail: int = 0) -> dict[str, Any]:
        position = len(code) if cursor is None else cursor
        return self._reply(self.send(inspect=pb.Inspect(code=code, cursor=position, detail=detail)), DEADLINE)

    def answer(self, text: str) -> None:
        self.send(input_reply=pb.InputReply(sequence=1, text=text))

    def interrupt(self) -> None:
        os.killpg(self.pid, signal.SIGINT)

    def file(self, **kind: Any) -> pb.FileReply:
        """Ask about files."""
        request = self.send(**kind)
        self.until(lambda: request in self._file_replies)
        return self._file_replies.pop(request)

    def _reply(self, request: int, deadline: float) -> dict[str, Any]:
        self.until(lambda: request in self._replies, deadline)
        return self._replies.pop(request)

    # ------------------------------------------------------------- out

    def wait_until_ready(self) -> None:
        self.until(lambda: self.ready and self.pid != 0)

    def until(self, condition: Callable[[], bool], deadline: float = DEADLINE) -> None:
        """Take what the session sends until the condition holds."""
        end = time.monotonic() + deadline
        while not condition():
            left = end - time.monotonic()
            assert left > 0, f"the deadline of {deadline} s is over; so far: {self._output}"
            self.take(left)

    def take(self, timeout: float) -> None:
        """Wait until anything is readable, then read the channel first and the pipes after it."""
        readers: list[Any] = [self.zygote.control, self.channel, *self.pipes.values()]
        if self.ended is not None:
            raise AssertionError(f"the session ended with {self.ended}: {self._output}")
        select.select(readers, [], [], timeout)
        self.zygote.hear()
        self.take_rest()

    def take_rest(self) -> None:
        """Take what is there, also after the end."""
        self._take_channel()
        for name, fd in self.pipes.items():
            if text := _read(fd):
                self._output.wrote(name, text.decode("utf-8", "replace"))

    def _take_channel(self) -> None:
        try:
            while data := self.channel.recv(1 << 20):
                for payload in self._frames.feed(data):
                    self._take_report(pb.Report.FromString(payload))
        except (BlockingIOError, ConnectionResetError):
            return

    def _take_report(self, report: pb.Report) -> None:
        match report.WhichOneof("kind"):
            case "ready":
                self.ready = True
            case "output":
                kind = pb.OutputKind.Name(report.output.kind).removeprefix("OUTPUT_KIND_").lower()
                content = json.loads(report.output.body)
                if report.output.buffers:
                    content["buffers"] = list(report.output.buffers)
                self._output.events.append((kind, content))
            case "finished":
                finished = report.finished
                self._output.status = pb.FinishedStatus.Name(finished.status).removeprefix("FINISHED_STATUS_")
                word = pb.Unrepeatable.Name(finished.unrepeatable).removeprefix("UNREPEATABLE_").lower()
                self._output.unrepeatable = "" if word == "unspecified" else word
            case "reply":
                self._replies[report.reply.request] = json.loads(report.reply.body)
            case "file_reply":
                self._file_replies[report.file_reply.request] = report.file_reply

    def wait_until_ended(self, deadline: float = DEADLINE) -> tuple[str, int]:
        end = time.monotonic() + deadline
        while self.ended is None:
            assert time.monotonic() < end, "the session did not end"
            self.take(end - time.monotonic())
        return self.ended

    def end(self) -> tuple[str, int] | None:
        """Kill the session and wait until the zygote says that all of it is dead."""
        if self.channel.fileno() < 0:
            return self.ended
        end = time.monotonic() + DEADLINE
        while self.ended is None and time.monotonic() < end:
            self.zygote.hear()
            if self.pid > 0 and self.ended is None:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                if self.zygote.process.poll() is not None and not alive(self.pid):
                    self.ended = ("S", 9)
            select.select([self.zygote.control], [], [], 0.05)
        self.close()
        return self.ended

    def close(self) -> None:
        """Close all descriptors, as a supervisor that dies does."""
        self.channel.close()
        for fd in self.pipes.values():
            os.close(fd)
        self.pipes = {}


def _process_id(pidfd: int) -> int:
    return int(Path(f"/proc/self/fdinfo/{pidfd}").read_text().partition("Pid:")[2].split()[0])


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 16)
    except BlockingIOError:
        return b""


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_dead(*pids: int, deadline: float = DEADLINE) -> None:
    end = time.monotonic() + deadline
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < end, [pid for pid in pids if alive(pid)]
        time.sleep(0.005)


def parent(pid: int) -> int:
    """Return the process that forked this one, or adopted it (proc(5))."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
