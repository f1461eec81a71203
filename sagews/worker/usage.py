"""What the processes of one session use, and how it is found out where no cgroup counts it.

Counterpart: `worker/cgroup.py`, which gives the same numbers, exact and cheaper.
"""

import contextlib
import os
import resource
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from sagews.protocol import sagews_pb2 as pb
from sagews.session import family, user_processes
from sagews.worker.processor_time import ProcessorTime, Seen

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = resource.getpagesize()

MOST_LOOKED_AT = 2000
"""Threads of one session at which a look ends, where none are limited."""

LIST_SECONDS = 0.05
"""Age of a list of all processes at which a look makes a new one: a process counts at most so much later."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What all processes of a session use together."""

    cpu_seconds: float = 0.0
    """Processor time since the session began, of processes that have ended too."""
    memory: int = 0
    """Bytes now, without what is shared with the zygote."""
    memory_peak: int = 0
    """The most of these bytes so far, as far as it was seen."""
    processes: int = 0
    threads: int = 0
    oom_kills: int = 0
    """Processes that the system killed since the memory of all was at its limit."""
    failed_forks: int = 0
    """Attempts to start a process or thread that failed, the number of threads being at its limit."""


class Meter(Protocol):
    """Tells what a session uses: a cgroup, or the tree of its processes."""

    def usage(self) -> Usage:
        """Return the present usage. Never waits."""

    def cpu_seconds(self) -> float:
        """Return the processor time alone, which is told sooner."""


@dataclass(frozen=True, slots=True)
class _Process:
    """What `/proc` tells of one process."""

    time: Seen
    threads: int
    address_space: int
    private: int
    """Bytes in memory that belong to no file and no shared segment; a fork of the zygote has it all at once."""


class Tree:
    """The processes of a session, looked at through `/proc`.

    An approximation, where no cgroup can be had. Processor time of a process
    that ended without being waited for by its parent is lost but for what
    was seen of it (`processor_time.py`). Memory that a process shares with the one that forked it
    counts for both, except what the session had at its beginning: every
    process of at least that address space is taken for a fork of the zygote,
    and let off that much. Where the system tells proportional sizes
    (smaps_rollup), these are taken when the approximation is near the limit.
    """

    def __init__(self, roots: Iterable[int], limits: pb.Limits, *, user: int = 0) -> None:
        """Begin to count the session's main process and all below it, which have run nothing yet.

        Further `roots` (the init of a sandbox, which adopts orphans) are not
        counted themselves. With a `user`, all that runs as this is the
        session's, wherever it hangs.
        """
        self._user = user
        self._main, *others = roots
        self._adopters = others
        self._memory_limit = limits.memory
        # What is beyond a limit need not be counted.
        self._most = limits.threads + 1 if limits.threads else MOST_LOOKED_AT
        if user:
            _OF_USERS.look()  # The last look may have been before this session began.
        first = dict(self._processes())
        self._time = ProcessorTime(self._times(first))
        self._shared = max((process.private for process in first.values()), default=0)
        self._fork_size = max((process.address_space for process in first.values()), default=0)
        self._peak = 0

    def usage(self) -> Usage:
        """Look at every process once."""
        found = dict(self._processes())
        self._count(found)
        memory = sum(self._private(process) for process in found.values())
        if self._memory_limit and memory > self._memory_limit // 2:
            memory = self._exactly(list(found), memory)
        self._peak = max(self._peak, memory)
        return Usage(
            cpu_seconds=self._time.ticks / _TICK,
            memory=memory,
            memory_peak=self._peak,
            processes=len(found),
            threads=sum(process.threads for process in found.values()),
        )

    def cpu_seconds(self) -> float:
        """Look at every process for its processor time."""
        self._count(dict(self._processes()))
        return self._time.ticks / _TICK

    def _count(self, found: Mapping[int, _Process]) -> None:
        """Take the processor time of all processes that live; what an adopter reaped is in its own."""
        times = self._times(found)
        for pid, before in self._time.unseen(times):
            # The list of children can miss one while others end.
            if (process := _look(pid)) is not None and process.time.began == before.began:
                times[pid] = process.time
        self._time.take(times)

    def _times(self, found: Mapping[int, _Process]) -> dict[int, Seen]:
        adopters = {pid: process for pid in self._adopters if (process := _look(pid)) is not None}
        return {pid: process.time for pid, process in (*found.items(), *adopters.items())}

    def _processes(self) -> Iterator[tuple[int, _Process]]:
        looked_at = 0
        if self._user:
            yield from self._of_user()
            return
        if (main := _look(self._main)) is not None and main.threads:
            yield self._main, main
            looked_at = main.threads
        waiting = [self._main, *self._adopters]
        while waiting:
            for pid in family.children(waiting.pop()):
                if pid == self._main:
                    continue  # The child of an adopter, and counted already.
                if (process := _look(pid)) is not None:
                    yield pid, process
                    looked_at += process.threads
                    waiting.append(pid)
                if looked_at >= self._most:
                    return

    def _of_user(self) -> Iterator[tuple[int, _Process]]:
        """Yield what the user runs; the system limits how much that is (RLIMIT_NPROC)."""
        for pid in _OF_USERS.of(self._user):
            if (process := _look(pid)) is not None:
                yield pid, process

    def _private(self, process: _Process) -> int:
        is_fork = process.address_space >= self._fork_size
        return max(0, process.private - self._shared) if is_fork else process.private

    def _exactly(self, pids: list[int], approximation: int) -> int:
        """Return the sum of proportional sizes, each shared page divided among those who share it."""
        total = 0
        for pid in pids:
            size = _proportional(pid)
            if size is None:
                return approximation
            total += size
        return min(total, approximation)


class OfUsers:
    """The processes of all users, listed once for all who ask at about the same time."""

    def __init__(self) -> None:
        self._listed: dict[int, list[int]] = {}
        self._end = 0.0

    def look(self) -> None:
        """List them now; where there is no room for that, what was listed last goes on to count."""
        with contextlib.suppress(OSError):
            self._listed = user_processes.listed(dead=True)
        # From the end of it: however long a list takes, most of the time is for other things.
        self._end = time.monotonic()

    def of(self, user: int) -> list[int]:
        """Return the ids of a user's processes, listed at most LIST_SECONDS ago; also those that ended unreaped."""
        if time.monotonic() - self._end > LIST_SECONDS:
            self.look()
        return self._listed.get(user, [])


_OF_USERS = OfUsers()
"""One for this process: there is one list of processes."""


def _look(pid: int) -> _Process | None:
    """Return what there is to know of a process; None for one that has ended. See proc_pid_stat(5)."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            # The command's name, in parentheses, may itself hold parentheses and blanks.
            stat = file.read(4096).rpartition(b")")[2].split()
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as file:
            size, resident, shared = map(int, file.read(256).split()[:3])
    except (OSError, ValueError):
        return None
    own, by_the_system, of_children, by_the_system_for_them = map(int, stat[11:15])
    time = Seen(began=int(stat[19]), own=own + by_the_system, waited=of_children + by_the_system_for_them)
    if stat[0] == b"Z":
        return _Process(time=time, threads=0, address_space=0, private=0)
    return _Process(
        time=time,
        threads=int(stat[17]),
        address_space=size * _PAGE,
        private=(resident - shared) * _PAGE,
    )


def _proportional(pid: int) -> int | None:
    """Return the proportional size of a process's own memory, swapped out or not; None where it is not told."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb", buffering=0) as file:
            lines = file.read(4096).splitlines()
    except FileNotFoundError:
        return 0 if not os.path.exists(f"/proc/{pid}") else None
    except ProcessLookupError:
        return 0
    except OSError:
        return None
    sizes = {line.split(b":")[0]: int(line.split()[1]) << 10 for line in lines[1:]}
    if b"Pss_Anon" not in sizes:
        return None
    return sizes[b"Pss_Anon"] + sizes.get(b"Pss_Shmem", 0) + sizes.get(b"SwapPss", 0)
