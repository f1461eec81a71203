"""Where attacks are made: sessions of a real worker, a sibling that goes on meanwhile, and what is left afterwards."""

import asyncio
import contextlib
import json
import os
import re
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from sagews.protocol import sagews_pb2 as pb
from tests.sandbox.attack import PRELUDE, Attack
from tests.sandbox.targets import SIBLING, Secret
from tests.sandbox.workers import Walled
from tests.site.worker_process import BackendEnd, alive, link_to, stdout_of, told

DEADLINE = 60.0
"""Seconds that an attack may take."""
SIBLING_DEADLINE = 15.0
"""Seconds within which a sibling answers, whatever others do; how fast it is otherwise is printed, not asserted."""
END_DEADLINE = 10.0
"""Seconds within which a session that is closed is gone with everything that it started."""
WRITABLE = ("/tmp", "/var/tmp", "/dev/shm")
DIRECTORY = re.compile(r"sagews-(\d+)-[0-9a-f]{16}")
"""The directory of a session without a file system of its own; the number is the process that removes it."""
PAUSE = 0.02
ENDED_BY_LIMITS = {f"ended:{reason}" for reason in ("memory", "processes", "cpu_time", "disk")}


@dataclass
class Outcome:
    """What became of an attack."""

    attack: Attack
    found: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    """Events of its session, `ended` last if it did not wait for its end."""
    text: str = ""
    before: list[float] = field(default_factory=list)
    during: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    """Seconds that each `1+1` of the sibling took."""

    @property
    def held(self) -> bool:
        if self.attack.ends and self.words[-1:] != [f"ended:{self.attack.ends}"]:
            return False
        if self.attack.may_end and self.words and self.words[-1] in ENDED_BY_LIMITS:
            return True
        return bool(self.found) and self.attack.held(self.found)


class Yard:
    """One worker, its sibling session, and what attacks aim at."""

    def __init__(self, walled: Walled, sibling: BackendEnd, targets: dict[str, Any]) -> None:
        self.walled = walled
        self.sibling = sibling
        self.targets = targets

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, walled: Walled, outside: dict[str, Any], secret: Secret) -> AsyncIterator["Yard"]:
        async with link_to(walled.worker) as sibling:
            uid, home = stdout_of(await sibling.evaluate(SIBLING)).split()
            targets = {
                **outside,
                **walled.places,
                "secret": secret.sought,
                "worker": walled.worker.process.pid,
                "sibling": walled.worker.main_of(sibling.session),
                "sibling_uid": int(uid),
                "sibling_home": home,
            }
            yield cls(walled, sibling, targets)

    async def make(self, attack: Attack) -> Outcome:
        """Make an attack, close its session, and assert that nothing of it is left."""
        outcome = Outcome(attack)
        async with self.beside(outcome), self.session(outcome) as link:
            await self.run(link, outcome)
            await self.close(link, outcome)
        return outcome

    @contextlib.asynccontextmanager
    async def beside(self, outcome: Outcome) -> AsyncIterator[None]:
        """Measure what the sibling feels: before, during and after."""
        await self._measure(outcome.before, 5)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._measure_until(stop, outcome.during))
            try:
                yield
            finally:
                stop.set()
        await self._measure(outcome.after, 5)

    @contextlib.asynccontextmanager
    async def session(self, outcome: Outcome) -> AsyncIterator[BackendEnd]:
        """Open a session, which is to be ended; assert afterwards that nothing of it is left."""
        traces = Traces(self.walled.worker.process.pid)
        async with link_to(self.walled.worker, opened=False) as link:
            await link.open(limits=pb.Limits(**outcome.attack.limits))
            traces.of_session(self.walled.worker.main_of(link.session))
            yield link
        traces.assert_none_left()

    async def run(self, link: BackendEnd, outcome: Outcome) -> None:
        """Run the attack's code, and take what it tells and what becomes of its session."""
        attack = outcome.attack
        code = PRELUDE.format(targets=json.dumps(self.targets)) + attack.code
        link.send(evaluate=pb.Evaluate(evaluation="attack", code=code))
        events: list[pb.Event] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DEADLINE):
                while not (events and events[-1].WhichOneof("kind") in ("done", "ended")):
                    events.append(await link.event(DEADLINE))
                    if attack.lasts and events[-1].WhichOneof("kind") == "output" and "TOLD" in stdout_of(events):
                        break
        if attack.lasts and events[-1].WhichOneof("kind") == "output":
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(attack.lasts):
                    while events[-1].WhichOneof("kind") != "ended":
                        event = await link.event(attack.lasts)
                        if event.WhichOneof("kind") != "output":
                            events.append(event)
        outcome.words = told(events)
        outcome.text = stdout_of(events)
        for line in outcome.text.splitlines():
            if line.startswith("TOLD "):
                outcome.found = json.loads(line[5:])
                break
        else:
            outcome.text += "".join(event.output.body.decode()[-2000:] for event in events if event.HasField("output"))

    async def close(self, link: BackendEnd, outcome: Outcome) -> None:
        """End a session that has not ended by itself."""
        if outcome.words and outcome.words[-1].startswith("ended"):
            return
        link.send(close=pb.Close())
        async with asyncio.timeout(END_DEADLINE):
            while (event := await link.event(END_DEADLINE)).WhichOneof("kind") != "ended":
                pass
        outcome.words += told([event])

    async def _measure(self, into: list[float], times: int) -> None:
        for _ in range(times):
            start = time.monotonic()
            events = await self.sibling.evaluate("1+1", deadline=SIBLING_DEADLINE)
            into.append(time.monotonic() - start)
            assert told(events)[-1] == "done:done", f"the sibling suffers: {told(events)}"

    async def _measure_until(self, stop: asyncio.Event, into: list[float]) -> None:
        while True:
            await self._measure(into, 1)
            if stop.is_set():
                return
            await asyncio.sleep(PAUSE)


class Traces:
    """What a session might leave behind on the machine."""

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._mounts = _mounts(worker)
        self._cgroup = ""
        self._files = set(_files())
        self._namespace = 0
        self._init = 0
        self._user = 0

    def of_session(self, main: int) -> None:
        """Remember the process namespace and the user of a session that lives."""
        self._cgroup = _cgroup_of(main)
        self._namespace = _namespace(main)
        self._init = _first_in(self._namespace)
        self._user = psutil.Process(main).uids().real

    def assert_none_left(self) -> None:
        """Assert that no process, mount, file or cgroup is left of it."""
        end = time.monotonic() + END_DEADLINE
        while left := self._processes_left():
            # The init is dead, and all others before it; the builder reaps it in its own time.
            assert time.monotonic() < end and not any(map(alive, left)), f"processes are left in its namespace: {left}"
            time.sleep(0.01)
        if self._user not in (0, os.getuid(), psutil.Process(self._worker).uids().real):
            left = [pid for pid in psutil.pids() if _user(pid) == self._user and alive(pid)]
            assert not left, f"processes of its user are left: {left}"
        assert _mounts(self._worker) == self._mounts, "a mount is left"
        files = [str(path) for path in set(_files()) - self._files if self._is_its_own(path)]
        assert not files, f"files are left: {files}"
        while left_cgroups := _cgroups(self._cgroup):
            assert time.monotonic() < end, f"cgroups are left: {left_cgroups}"
            time.sleep(0.05)

    def _processes_left(self) -> list[int]:
        if self._namespace == _namespace(os.getpid()):
            return []
        # The number of a namespace that is gone is given to the next one, which has an init of its own.
        left = [pid for pid in psutil.pids() if _namespace(pid) == self._namespace]
        return left if _first_in(self._namespace) in (self._init, 0) else []

    def _is_its_own(self, path: Path) -> bool:
        try:
            owner = path.lstat().st_uid
        except FileNotFoundError:
            return False
        return owner == self._user and owner != 0 and not self._is_of_others(path.name)

    def _is_of_others(self, name: str) -> bool:
        """Whether the name of a directory says that it is another worker's, whose sessions have the same user."""
        if (found := DIRECTORY.fullmatch(name)) is None or not psutil.pid_exists(int(found[1])):
            return False
        worker = psutil.Process(self._worker)
        return int(found[1]) not in {worker.pid, *(each.pid for each in worker.children(recursive=True))}


def _cgroup_of(pid: int) -> str:
    """Return the part of its cgroups' names that a worker has given; nothing where it makes none."""
    found = re.search(r"/(sagews-[^/]+/[^/\n]+)", Path(f"/proc/{pid}/cgroup").read_text())
    return found[1] if found else ""


def _cgroups(name: str) -> list[str]:
    if not name:
        return []
    return [each for each, _below, _files in os.walk("/sys/fs/cgroup") if each.endswith(f"/{name}")]


def _files() -> Iterator[Path]:
    for place in WRITABLE:
        yield from Path(place).iterdir()


def _mounts(pid: int) -> str:
    return Path(f"/proc/{pid}/mountinfo").read_text()


def _namespace(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0


def _first_in(namespace: int) -> int:
    """Return the process that is number 1 in a process namespace; 0 if there is none."""
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if _namespace(pid) == namespace:
                numbers = re.search(r"NSpid:(.*)", Path(f"/proc/{pid}/status").read_text())
                if numbers and numbers[1].split()[-1] == "1":
                    return pid
    return 0


def _user(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except (FileNotFoundError, ProcessLookupError):
        return -1


def milliseconds(seconds: list[float]) -> str:
    """Return the median and the most, for people."""
    if not seconds:
        return "-"
    return f"{statistics.median(seconds) * 1000:.1f} ({max(seconds) * 1000:.0f})"
