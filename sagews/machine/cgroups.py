"""Trials of cgroups: a throw-away group below the one in which this process is, a process in it, limits that hold.

Both versions (cgroups(7)): in version 1 each controller has a hierarchy of its
own, in version 2 all share one, in which a group that has processes cannot
hand its controllers on.
"""

import contextlib
import errno
import mmap
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sagews.machine import ownership
from sagews.machine.trial import MissingError, attempt

CONTROLLERS = ("memory", "pids", "cpu")
"""What the worker limits by."""

_MEMORY = 32 << 20
_TOUCHED = 8 << 20
_REMOVE_WITHIN = 1.0
_BELOW = "trial"


@dataclass(frozen=True, slots=True)
class Place:
    """Where groups can be made for one controller, if at all."""

    version: int
    directory: Path


def places(mountinfo: str, cgroup: str) -> dict[str, list[Place]]:
    """Return where the groups of each controller could stand, the best first; from the two files of /proc/self.

    In version 2 beside the own group, where an operator has delegated that, then
    below it, then at the top, as container engines have it.
    """
    own = {
        name: path
        for number, names, path in (line.split(":", 2) for line in cgroup.splitlines() if line.count(":") >= 2)
        for name in (names.split(",") if names else [""])
    }
    found: dict[str, list[Place]] = {name: [] for name in CONTROLLERS}
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3:
            continue
        top, mounted = fields[3], Path(fields[4])
        if kind[0] == "cgroup2" and "" in own:
            mine = _below(mounted, top, own[""])
            for place in dict.fromkeys([mine.parent if mine != mounted else mine, mine, mounted]):
                for name in CONTROLLERS:
                    found[name].append(Place(2, place))
        elif kind[0] == "cgroup":
            for name in set(kind[2].split(",")) & set(CONTROLLERS) & own.keys():
                found[name].insert(0, Place(1, _below(mounted, top, own[name])))
    return found


def _below(mounted: Path, top: str, path: str) -> Path:
    """Return where a group is found, given what of the hierarchy is mounted."""
    inside = path.removeprefix(top.rstrip("/")).lstrip("/")
    return mounted / inside if ".." not in inside.split("/") else mounted


class UntriedError(Exception):
    """A controller could be had, once a worker has switched it on, which is not for a trial to do."""


def try_controller(name: str, *, thorough: bool) -> str:
    """Limit a process by one controller; return what was seen. Raises MissingError, UntriedError or OSError.

    `thorough` also runs into the limit of memory, which the system's log tells.
    """
    choices = places(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())[name]
    if not choices:
        raise MissingError("no hierarchy with it is mounted")
    failures: list[str] = []
    untried: list[UntriedError] = []
    for place in choices:
        try:
            with group(place, name) as own:
                _TRIALS[name](own, place.version, thorough)
            return f"version {place.version}: holds for groups below {place.directory}"
        except UntriedError as error:
            untried.append(error)
        except (OSError, MissingError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            failures.append(f"{place.directory}: {why}")
    if untried:
        raise untried[0]
    raise MissingError("; ".join(failures))


@contextlib.contextmanager
def group(place: Place, controller: str) -> Iterator[Path]:
    """Give a new group that has the controller, and remove it afterwards.

    Of version 2 it stands below another one of our own, in which alone
    anything is switched: what is above them is its operator's, or of a worker
    that starts at this moment. Raises MissingError, UntriedError or OSError.
    """
    for leftover in place.directory.glob("sagews-doctor-*"):
        if ownership.is_dead(leftover.name):
            _remove(leftover / _BELOW)
            _remove(leftover)
    own = place.directory / ownership.name("doctor")
    own.mkdir()
    try:
        if place.version == 1:
            yield own
            return
        if controller not in (own / "cgroup.controllers").read_text().split():
            raise _not_handed_on(place.directory, controller)
        (own / "cgroup.subtree_control").write_text(f"+{controller}")
        below = own / _BELOW
        below.mkdir()
        try:
            yield below
        finally:
            _remove(below)
    finally:
        _remove(own)


def _not_handed_on(directory: Path, controller: str) -> MissingError | UntriedError:
    """Return why the groups below a directory do not have a controller: it cannot be switched on, or nobody has yet."""
    there = controller in (directory / "cgroup.controllers").read_text().split()
    members = set((directory / "cgroup.procs").read_text().split()) - {str(os.getpid())}
    is_top = not (directory / "cgroup.type").exists()
    # Only the top can have both processes and groups with controllers.
    if there and (is_top or not members) and os.access(directory / "cgroup.subtree_control", os.W_OK):
        return UntriedError(
            f"version 2: not tried, as it is not switched on for groups below {directory}; a worker does that"
        )
    return MissingError("the controller is not handed on to it")


def _remove(group: Path) -> None:
    """Remove a group; what was killed in it may count for a moment. One that stays is the next trial's to remove."""
    end = time.monotonic() + _REMOVE_WITHIN
    while True:
        try:
            group.rmdir()
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > end:
                return
            time.sleep(0.005)


def _inside(group: Path, act: Callable[[], None]) -> str:
    """Do something as a member of the group; return why it failed, or nothing."""

    def confined() -> str:
        (group / "cgroup.procs").write_text("0")
        act()
        return ""

    outcome = attempt(confined)
    return "" if outcome.works else outcome.text


def _memory(group: Path, version: int, thorough: bool) -> None:
    limit, used = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes") if version == 1 else ("memory.max", "memory.current")
    )
    (group / limit).write_text(str(_MEMORY))
    if int((group / limit).read_text()) != _MEMORY:
        raise MissingError("a limit of memory is not kept")

    def counted() -> None:
        before = int((group / used).read_text())
        with _touched(_TOUCHED):
            if int((group / used).read_text()) - before < _TOUCHED // 2:
                raise MissingError("memory is not counted")

    _demand(_inside(group, counted) == "", "memory is not counted")
    if thorough:
        swap = group / ("memory.memsw.limit_in_bytes" if version == 1 else "memory.swap.max")
        with contextlib.suppress(OSError):
            swap.write_text(str(_MEMORY if version == 1 else 0))

        def too_much() -> None:
            with _touched(4 * _MEMORY):
                pass

        _demand("ended the process" in _inside(group, too_much) or _killed(group, version), "memory can be had beyond")


def _killed(group: Path, version: int) -> bool:
    events = (group / ("memory.oom_control" if version == 1 else "memory.events")).read_text().split()
    return "oom_kill" in events and int(events[events.index("oom_kill") + 1]) > 0


@contextlib.contextmanager
def _touched(size: int) -> Iterator[None]:
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        for offset in range(0, size, mmap.PAGESIZE):
            memory[offset] = 1
        yield


def _pids(group: Path, version: int, thorough: bool) -> None:
    (group / "pids.max").write_text("1")

    def fork() -> None:
        if (pid := os.fork()) == 0:
            os._exit(0)
        os.waitpid(pid, 0)

    _demand(_inside(group, fork) == os.strerror(errno.EAGAIN), "processes can be had beyond their limit")


def _cpu(group: Path, version: int, thorough: bool) -> None:
    share, value = ("cpu.shares", "512") if version == 1 else ("cpu.weight", "50")
    (group / share).write_text(value)
    _demand((group / share).read_text().strip() == value, "a share is not kept")
    _demand(_inside(group, lambda: None) == "", "no process can enter")


_TRIALS = {"memory": _memory, "pids": _pids, "cpu": _cpu}


def _demand(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise MissingError(otherwise)
