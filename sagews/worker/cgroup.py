"""One session's cgroup: how much its processes may use together, what they use, and their end.

See cgroups(7) and the kernel's admin-guide, cgroup-v1/ and cgroup-v2.rst. The
two versions differ in where a number stands and how it is written; what is
alike is written once. In version 1 a cgroup is one directory for each
controller, in version 2 one for all.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.usage import Usage

REMOVE_DEADLINE = 5.0
"""Seconds that the processes of a cgroup have to be gone once they are killed."""
_KILLING_ROUNDS = 20
_FIRST_PAUSE, _LAST_PAUSE = 0.002, 0.1

File = tuple[str, str]
"""Controller and name."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one version keeps what is read and written here."""

    version: int
    memory_limit: File
    swap_limit: File
    memory: File
    memory_peak: File
    memory_events: File
    tasks_limit: File
    tasks: File
    task_events: File
    cpu: File
    kill: File
    procs: File
    """Of a controller that counts every process."""
    join: str
    """The file to which a process of one thread writes `0` to come in."""


ALL = "all"
"""The one directory of version 2."""

V1 = Layout(
    version=1,
    memory_limit=("memory", "memory.limit_in_bytes"),
    swap_limit=("memory", "memory.memsw.limit_in_bytes"),
    memory=("memory", "memory.usage_in_bytes"),
    memory_peak=("memory", "memory.max_usage_in_bytes"),
    memory_events=("memory", "memory.oom_control"),
    tasks_limit=("pids", "pids.max"),
    tasks=("pids", "pids.current"),
    task_events=("pids", "pids.events"),
    cpu=("cpuacct", "cpuacct.usage"),
    kill=(ALL, "cgroup.kill"),  # of version 2 alone
    procs=("pids", "cgroup.procs"),
    # For `cgroup.procs` the kernel would let every processor pass a quiet moment first (RCU), 7 to 30 ms;
    # a thread that moves itself need not wait (cgroup_procs_write_start in the kernel's kernel/cgroup/cgroup.c).
    join="tasks",
)
V2 = Layout(
    version=2,
    memory_limit=(ALL, "memory.max"),
    swap_limit=(ALL, "memory.swap.max"),
    memory=(ALL, "memory.current"),
    memory_peak=(ALL, "memory.peak"),
    memory_events=(ALL, "memory.events"),
    tasks_limit=(ALL, "pids.max"),
    tasks=(ALL, "pids.current"),
    task_events=(ALL, "pids.events"),
    cpu=(ALL, "cpu.stat"),
    kill=(ALL, "cgroup.kill"),
    procs=(ALL, "cgroup.procs"),
    join="cgroup.procs",
)


class Cgroup:
    """The cgroup of one session."""

    def __init__(self, layout: Layout, directories: Mapping[str, Path]) -> None:
        """Take directories that exist, by controller; several controllers may share one."""
        self._layout = layout
        self._directories = dict(directories)
        self._places = list(dict.fromkeys(self._directories.values()))
        self._peak = 0
        self._cpu = -1
        """The file of processor time, open: it is read twice for each evaluation. -1: not yet."""
        self.procs: list[int] = []
        """Descriptors of the files that let processes in: one of one thread that writes `0` to each is in."""

    def open(self) -> None:
        """Open `procs`. Raises OSError."""
        for place in self._places:
            self.procs.append(os.open(place / self._layout.join, os.O_WRONLY | os.O_CLOEXEC))

    def close(self) -> None:
        """Close `procs`: nobody else is to come in."""
        for fd in self.procs:
            os.close(fd)
        self.procs.clear()

    # ------------------------------------------------------------- limits

    def limit(self, limits: pb.Limits) -> None:
        """Set the limits that the system keeps: memory without swap, and threads. Raises OSError.

        Both may be lowered later on, memory not below what is in use.
        """
        if limits.memory:
            self._write(self._layout.memory_limit, str(limits.memory))
            # Of version 1 this limits memory and swap together, of version 2 swap alone.
            swap = str(limits.memory) if self._layout.version == 1 else "0"
            with contextlib.suppress(FileNotFoundError, PermissionError):  # A system without accounting of swap.
                self._write(self._layout.swap_limit, swap)
        if limits.threads:
            self._write(self._layout.tasks_limit, str(limits.threads))

    # -------------------------------------------------------------- usage

    def usage(self) -> Usage:
        """Return what its processes use now, and used before. Zeros when it is removed."""
        memory = self._number(self._layout.memory)
        self._peak = max(self._peak, memory, self._number(self._layout.memory_peak))
        return Usage(
            cpu_seconds=self.cpu_seconds(),
            memory=memory,
            memory_peak=self._peak,
            processes=len(self._read(self._layout.procs).split()),
            threads=self._number(self._layout.tasks),
            oom_kills=_keyed(self._read(self._layout.memory_events)).get("oom_kill", 0),
            failed_forks=_keyed(self._read(self._layout.task_events)).get("max", 0),
        )

    def cpu_seconds(self) -> float:
        """Return the processor time alone."""
        try:
            if self._cpu == -1:
                controller, name = self._layout.cpu
                self._cpu = os.open(self._directories[controller] / name, os.O_RDONLY | os.O_CLOEXEC)
            text = os.pread(self._cpu, 1 << 12, 0).decode("ascii", "replace").strip()
        except (OSError, KeyError):  # It is removed, or nothing counts it.
            return 0.0
        if self._layout.version == 1:
            return int(text) / 1e9 if text.isdigit() else 0.0
        return _keyed(text).get("usage_usec", 0) / 1e6

    def _number(self, file: File) -> int:
        text = self._read(file).strip()
        return int(text) if text.isdigit() else 0

    def _read(self, file: File) -> str:
        controller, name = file
        try:
            with open(self._directories[controller] / name, "rb", buffering=0) as opened:
                return opened.read(1 << 16).decode("ascii", "replace")
        except (OSError, KeyError):
            return ""

    def _write(self, file: File, text: str) -> None:
        controller, name = file
        with open(self._directories[controller] / name, "w") as opened:
            opened.write(text)

    # ------------------------------------------------------------ the end

    def kill(self) -> None:
        """Kill every process in it; without `cgroup.kill` in rounds, since some may fork meanwhile."""
        controller, name = self._layout.kill
        if controller in self._directories:
            try:
                fd = os.open(self._directories[controller] / name, os.O_WRONLY | os.O_CLOEXEC)
            except OSError:
                pass  # A kernel before 5.14, or removed already.
            else:
                try:
                    os.write(fd, b"1")
                    return
                except OSError:
                    pass
                finally:
                    os.close(fd)
        self._kill_one_by_one()

    def _kill_one_by_one(self) -> None:
        for _ in range(_KILLING_ROUNDS):
            pids = [int(pid) for pid in self._read(self._layout.procs).split()]
            for pid in pids:
                if pid > 1 and pid != os.getpid():  # 0 is what stands for a process of another pid namespace.
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)
            if not pids:
                return

    async def remove(self, deadline: float = REMOVE_DEADLINE) -> bool:
        """Kill what is in it and remove it; return whether that was done before the deadline (in seconds)."""
        self.close()
        if self._cpu != -1:
            os.close(self._cpu)
            self._cpu = -1
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        pause = _FIRST_PAUSE
        while not self._removed():
            if loop.time() > end:
                return False
            self.kill()
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LAST_PAUSE)
        return True

    def _removed(self) -> bool:
        for place in tuple(self._places):
            try:
                place.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                return False  # Not empty yet.
            self._places.remove(place)
        return True


def _keyed(text: str) -> dict[str, int]:
    """Return the numbers of a file of lines `key number`."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
