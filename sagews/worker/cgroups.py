"""The cgroups of a worker: where it may make some, one for each session, and none left of an earlier life.

Theory of operation.

A worker's cgroups stand in one directory (of each controller, in version 1)
below the cgroup in which the worker itself was started, so that whatever its
operator or a container allows it bounds its sessions too:

    sagews-w1-4026531836-1234-98765      worker, pid namespace, pid, start of that process
        s1, s2, s3 ...                   one for each session

By its name a directory tells whether the worker that made it still lives, so
that a worker that starts can remove what one of its name left behind, and two
that live never touch each other's.

Version 2 forbids processes in a cgroup whose children have controllers. The
choices, in order: the parent of the worker's own cgroup, if that was delegated
(systemd: `Delegate=yes` with `DelegateSubgroup=services`); its own cgroup, if
the worker is alone in it and can move down; the top, for root, as container
engines do it. Version 1 knows no such rule.
"""

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog

from sagews.machine import ownership
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.cgroup import ALL, REMOVE_DEADLINE, V1, V2, Cgroup, Layout

CLOSE_DEADLINE = 0.5
"""Seconds that all cgroups may take to be gone at the worker's end, when all that was in them was killed."""

_NEEDED_V1 = ("memory", "pids", "cpuacct")
_WISHED_V1 = ("cpu",)
"""`cpu` gives each session the same share, however many processes it has."""
_NEEDED_V2 = frozenset({"memory", "pids"})
_WISHED_V2 = frozenset({"cpu"})
_SUPERVISOR = "supervisor"
"""The cgroup to which a worker moves down, of version 2."""

log = structlog.get_logger()


class Cgroups:
    """The place where a worker makes a cgroup for each of its sessions."""

    def __init__(self, layout: Layout, bases: Mapping[str, Path], worker: str) -> None:
        self._layout = layout
        self._bases = dict(bases)
        self._worker = worker
        self._name = ownership.name(worker)
        self._removals: set[asyncio.Task[None]] = set()
        for controller in self._bases:
            self._root(controller).mkdir(exist_ok=True)  # Two controllers may share a directory.
        if layout.version == 2:
            _enable(self._root(ALL))

    @classmethod
    def find(cls, worker: str, proc: Path = Path("/proc/self")) -> "Cgroups | None":
        """Return a place where this process may make cgroups; None if there is none.

        `proc` is where `mountinfo` and `cgroup` of this process are read.
        """
        try:
            mounted = _mounted(proc)
        except OSError:
            return None
        for layout, bases in _choices(mounted):
            try:
                return cls(layout, bases, worker)
            except OSError as error:
                log.info("no cgroups there", bases=[str(base) for base in bases.values()], error=str(error))
                for base in bases.values():
                    for leftover in base.glob(f"sagews-{worker}-*-{os.getpid()}-*"):
                        with contextlib.suppress(OSError):
                            leftover.rmdir()
        return None

    @property
    def version(self) -> int:
        """Of the system's cgroups: 1 or 2."""
        return self._layout.version

    @property
    def controllers(self) -> list[str]:
        """What can be limited and counted here."""
        if self._layout.version == 1:
            return list(self._bases)
        return (self._root(ALL) / "cgroup.controllers").read_text().split()

    def make(self, name: str, limits: pb.Limits) -> Cgroup:
        """Make the cgroup of a session, with its limits set and its `procs` open. Raises OSError."""
        directories = {controller: self._root(controller) / name for controller in self._bases}
        cgroup = Cgroup(self._layout, directories)
        try:
            for directory in dict.fromkeys(directories.values()):
                directory.mkdir()
            cgroup.limit(limits)
            cgroup.open()
        except OSError:
            self.remove(cgroup)
            raise
        return cgroup

    def remove(self, cgroup: Cgroup) -> None:
        """Kill what is left in a cgroup and remove it, in the background."""
        task = asyncio.get_running_loop().create_task(_remove(cgroup))
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)

    async def sweep(self) -> None:
        """Remove what dead workers of this name left behind, with what still runs in it."""
        dead = {
            path.name
            for base in self._bases.values()
            for path in base.glob(f"sagews-{self._worker}-*")
            if ownership.is_dead(path.name)
        }
        for name in sorted(dead):
            roots = {controller: base / name for controller, base in self._bases.items()}
            sessions = {path.name for root in roots.values() for path in root.glob("*/")}
            log.warning("cgroups of an earlier worker are removed", name=name, sessions=len(sessions))
            for session in sorted(sessions):
                await _remove(Cgroup(self._layout, {controller: root / session for controller, root in roots.items()}))
            await _remove(Cgroup(self._layout, roots))

    async def close(self) -> None:
        """Wait until every cgroup is removed, then remove the worker's own directory.

        What is not empty after `CLOSE_DEADLINE`, since the system holds a
        process that was killed, is left to the `sweep` of the next start.
        """
        end = asyncio.get_running_loop().time() + CLOSE_DEADLINE
        if self._removals:
            await asyncio.wait(set(self._removals), timeout=CLOSE_DEADLINE)
        for late in list(self._removals):
            late.cancel()
        own = Cgroup(self._layout, {controller: self._root(controller) for controller in self._bases})
        await _remove(own, max(0.0, end - asyncio.get_running_loop().time()))

    def _root(self, controller: str) -> Path:
        return self._bases[controller] / self._name


async def _remove(cgroup: Cgroup, deadline: float = REMOVE_DEADLINE) -> None:
    if not await cgroup.remove(deadline):
        log.error("a cgroup could not be removed", cgroup=str(cgroup))


# ------------------------------------------------------- where there are some


def _mounted(proc: Path) -> dict[str, tuple[Path, Path]]:
    """Return the mount point of each hierarchy and the directory of this process's own cgroup in it.

    By controller; `ALL` is that of version 2. See cgroups(7) and proc_pid_mountinfo(5).
    """
    own: dict[str, str] = {}
    for line in (proc / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(",") if controllers else [ALL]:
            own[controller] = path
    found: dict[str, tuple[Path, Path]] = {}
    for line in (proc / "mountinfo").read_text().splitlines():
        left, _, right = (part.split() for part in line.partition(" - "))
        if len(left) < 5 or len(right) < 3:
            continue
        root, point, kind, options = _unescaped(left[3]), _unescaped(left[4]), right[0], right[2]
        if kind == "cgroup2":
            names = [ALL]
        elif kind == "cgroup":
            names = [option for option in options.split(",") if option in own]
        else:
            continue
        for name in names:
            if name in own and name not in found:
                found[name] = (Path(point), _below(Path(point), root, own[name]))
    return found


def _unescaped(word: str) -> str:
    """Return a word of mountinfo, where blanks and backslashes are octal."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), word)


def _below(point: Path, root: str, own: str) -> Path:
    """Return the directory of a cgroup in a mount that may show a part of the hierarchy only, from `root` down."""
    if own == root or not own.startswith(root.rstrip("/") + "/"):
        return point
    return point / own.removeprefix(root).lstrip("/")


def _choices(mounted: Mapping[str, tuple[Path, Path]]) -> Iterator[tuple[Layout, dict[str, Path]]]:
    """Yield where cgroups may perhaps be made, the best place first."""
    if all(controller in mounted for controller in _NEEDED_V1):
        yield V1, {name: mounted[name][1] for name in (*_NEEDED_V1, *_WISHED_V1) if name in mounted}
    if ALL in mounted:
        point, own = mounted[ALL]
        if own != point and _is_delegated(own.parent):
            yield V2, {ALL: own.parent}
        if own != point and _is_delegated(own) and _moved_down(own):
            yield V2, {ALL: own}
        if os.getuid() == 0:
            yield V2, {ALL: point}


def _is_delegated(directory: Path) -> bool:
    """Whether whoever made a cgroup left it to this user: by its mark, or by the owner of its files."""
    if os.getuid() != 0:
        return os.access(directory, os.W_OK) and os.access(directory / "cgroup.subtree_control", os.W_OK)
    for mark in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(directory, mark) == b"1":
                return True
    return False


def _moved_down(own: Path) -> bool:
    """Move this process to a cgroup below its own, if that leaves its own without processes."""
    if (own / "cgroup.procs").read_text().split() != [str(os.getpid())]:
        return False
    below = own / _SUPERVISOR
    try:
        below.mkdir(exist_ok=True)
        (below / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:
        return False
    return True


def _enable(directory: Path) -> None:
    """Have the children of a cgroup's parent, and its own, controlled. Raises OSError if they cannot be."""
    for place in (directory.parent, directory):
        there = set((place / "cgroup.controllers").read_text().split())
        if not there >= _NEEDED_V2:
            raise FileNotFoundError(f"{place} has no controllers {sorted(_NEEDED_V2 - there)}")
        control = place / "cgroup.subtree_control"
        enabled = set(control.read_text().split())
        if missing := (_NEEDED_V2 | (_WISHED_V2 & there)) - enabled:
            control.write_text(" ".join(f"+{controller}" for controller in sorted(missing)))
