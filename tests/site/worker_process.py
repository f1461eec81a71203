"""A real worker, started as a service in a temporary folder, and the backend's end of a link to it."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame

DEADLINE = 15.0
QUICK = """
[[environment]]
name = "python"
preload = []
spares = 1
"""


BARE = (
    QUICK
    + """
[worker]
tier = "D"
"""
)


@dataclass
class RunningWorker:
    """A worker and where it listens."""

    process: subprocess.Popen[bytes]
    socket: Path
    log: Path
    listen: str = ""
    """Where it listens for other machines."""
    metrics: str = ""
    """Where its `/healthz` and `/metrics` are."""
    data: Path = Path()

    @property
    def tree(self) -> list[psutil.Process]:
        """Every process that it started, whatever became of them."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def main_of(self, session: str) -> int:
        """Process id of a session's main process, as this machine counts."""
        return main_of(self.log, session)

    def processes_of(self, session: str) -> list[int]:
        """Process ids of everything in a session that lives, as this machine counts; the init of its sandbox too."""
        return processes_of(self.log, session)


def main_of(log: Path, session: str) -> int:
    """Return the process id of a session's main process, from its worker's log."""
    opened = [json.loads(line) for line in log.read_text().splitlines() if '"session opened"' in line]
    (main,) = [line["pid"] for line in opened if line["session"] == session]
    return int(main)


def processes_of(log: Path, session: str) -> list[int]:
    """Return the process ids of everything in a session that lives, the init of its sandbox too."""
    main = main_of(log, session)
    namespace = _process_namespace(main)
    if namespace == _process_namespace(os.getpid()):
        return [main, *(child.pid for child in psutil.Process(main).children(recursive=True))]
    return [pid for pid in psutil.pids() if _process_namespace(pid) == namespace]


def _process_namespace(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    except (FileNotFoundError, PermissionError):
        return 0


@contextlib.contextmanager
def running_worker(
    folder: Path,
    config: str = "",
    *options: str,
    name: str = "w1",
    python: str = sys.executable,
    user: int = 0,
    environment: dict[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Iterator[RunningWorker]:
    """Start `sagews worker` and stop it; fail if any process of it is left.

    Its name is `w1`, or another if the configuration says so. `python` runs
    it; `user` is another user that it shall be, whose `folder` is; `before`
    changes the process before it is the worker.
    """
    runtime = folder / "run"
    toml = folder / "sagews.toml"
    toml.write_text(config)
    log = folder / "worker.log"
    arguments = [
        python,
        "-m",
        "sagews",
        "worker",
        "--lifeline",
        "--config",
        str(toml),
        "--runtime",
        str(runtime),
        "--data",
        str(folder / "data"),
        *options,
    ]
    with log.open("ab") as log_file:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            start_new_session=True,
            cwd="/",
            env=os.environ | (environment or {}),
            preexec_fn=before,
            **({"user": user, "group": user, "extra_groups": []} if user else {}),
        )
    assert process.stdin is not None and process.stdout is not None
    tree: list[psutil.Process] = []
    try:
        announcement = json.loads(process.stdout.readline() or b"{}")
        assert "ready" in announcement, (announcement, log.read_text())
        ready = announcement["ready"]
        addresses = {fact: ready.get(fact, "") for fact in ("listen", "metrics")}
        yield RunningWorker(process, runtime / f"{name}.sock", log, **addresses, data=folder / "data")
        if process.poll() is None:
            tree = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired as error:
            left = psutil.Process(process.pid).children(recursive=True)
            left_words = [" ".join(each.cmdline()[:6]) for each in left]
            process.kill()
            process.wait()
            raise AssertionError(f"the worker did not end; it had {left_words}\n{log.read_text()[-4000:]}") from error
        finally:
            process.stdout.close()
    _, alive = psutil.wait_procs(tree, timeout=5)
    assert not alive, f"left over: {alive}"


@dataclass
class BackendEnd:
    """The backend's end of one link: requests out, events in."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    frames: FrameReader = field(default_factory=FrameReader)
    pending: list[pb.Event] = field(default_factory=list)
    session: str = ""
    token: str = ""
    next_id: int = 100

    def send(self, **kind: object) -> int:
        """Send a request of one kind; return its id."""
        self.next_id += 1
        request = pb.Request(id=self.next_id, **kind)  # type: ignore[arg-type]
        self.writer.write(frame(request.SerializeToString()))
        return self.next_id

    async def event(self, deadline: float = DEADLINE) -> pb.Event:
        """Return the next event."""
        async with asyncio.timeout(deadline):
            while not self.pending:
                data = await self.reader.read(1 << 16)
                if not data:
                    raise EOFError("the worker closed the link")
                self.pending += map(pb.Event.FromString, self.frames.feed(data))
        return self.pending.pop(0)

    async def until(self, kind: str, deadline: float = DEADLINE) -> list[pb.Event]:
        """Return the events up to and including the first of a kind."""
        events = [await self.event(deadline)]
        while events[-1].WhichOneof("kind") != kind:
            events.append(await self.event(deadline))
        return events

    async def open(self, **fields: object) -> None:
        """Open a session."""
        self.send(open=pb.Open(**fields))  # type: ignore[arg-type]
        event = (await self.until("opened"))[-1]
        self.session, self.token = event.session, event.opened.token

    async def evaluate(self, code: str, name: str = "", deadline: float = DEADLINE, **fields: object) -> list[pb.Event]:
        """Evaluate code and return its events, `done` last."""
        name = name or f"e{self.next_id}"
        self.send(evaluate=pb.Evaluate(evaluation=name, code=code, **fields))  # type: ignore[arg-type]
        events: list[pb.Event] = []
        while not (events and events[-1].WhichOneof("kind") == "done" and events[-1].evaluation == name):
            events.append(await self.event(deadline))
        return events

    async def close(self) -> None:
        """Close the link."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@contextlib.asynccontextmanager
async def link_to(worker: RunningWorker, *, opened: bool = True, control: bool = False) -> AsyncIterator[BackendEnd]:
    """Connect, greet, and by default open a session; with `control` it is a control link instead."""
    reader, writer = await asyncio.open_unix_connection(str(worker.socket))
    end = BackendEnd(reader, writer)
    try:
        role = pb.LINK_ROLE_CONTROL if control else pb.LINK_ROLE_SESSION
        end.send(hello=pb.Hello(version=VERSION, role=role, backend="test"))
        assert (await end.event()).WhichOneof("kind") == "welcome"
        if opened and not control:
            await end.open()
        yield end
    finally:
        await end.close()


def stdout_of(events: list[pb.Event]) -> str:
    """Return the text that the events carry for stdout."""
    bodies = [json.loads(event.output.body) for event in events if event.output.kind == pb.OUTPUT_KIND_STREAM]
    return "".join(body["text"] for body in bodies if body["name"] == "stdout")


def told(events: list[pb.Event]) -> list[str]:
    """Return what happened, as words: `queued started output:stream done:done`."""
    words = []
    for event in events:
        kind = event.WhichOneof("kind") or ""
        if kind == "output":
            kind += ":" + pb.OutputKind.Name(event.output.kind).removeprefix("OUTPUT_KIND_").lower()
        elif kind == "done":
            kind += ":" + pb.EvaluationReason.Name(event.done.reason).removeprefix("EVALUATION_REASON_").lower()
        elif kind == "ended":
            kind += ":" + pb.SessionReason.Name(event.ended.reason).removeprefix("SESSION_REASON_").lower()
        words.append(kind)
    return words


def alive(pid: int) -> bool:
    """Whether a process lives, zombies not counted."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def gone(pids: list[int], deadline: float = 5.0) -> None:
    """Wait until none of the processes lives."""
    async with asyncio.timeout(deadline):
        while any(alive(pid) for pid in pids):
            await asyncio.sleep(0.05)
    assert os.getpid() not in pids
