"""Descendants of this process: adopting them when they lose their parent, killing all of them.

Process groups and sessions are of no use for this, since any process can
leave them. What no process can leave is its line of ancestors: an orphan
becomes a child of the nearest ancestor that is a subreaper (prctl(2),
PR_SET_CHILD_SUBREAPER), so that the tree below a subreaper loses nobody.
"""

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterator

from sagews.session import prctl
from sagews.session.prctl import Option

_FIRST_PAUSE, _LAST_PAUSE = 0.0005, 0.02


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends. Raises OSError where no process can."""
    prctl.tell(Option.PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Have the system kill this process when its parent ends; an addition to the lifeline, not the means."""
    prctl.tell(Option.PR_SET_PDEATHSIG, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Return the process ids of a process's children, of all of its threads."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as listing:
                found += map(int, listing.read().split())
    except (FileNotFoundError, ProcessLookupError):
        if not _LISTED:
            return [child for child in _processes() if _parent(child) == pid]
    return found


def descendants(pid: int) -> Iterator[int]:
    """Yield the process ids of all descendants, parents before their children."""
    generation = children(pid)
    while generation:
        yield from generation
        generation = [grandchild for child in generation for grandchild in children(child)]


def kill_all(spare: Collection[int] = (), deadline: float = float("inf")) -> dict[int, int]:
    """Kill and reap every descendant of this process, except the children in `spare` and what is theirs.

    Needs `adopt_orphans`. A killed process cannot fork, and what it had
    forked is found in the next round, so that this ends also for a fork bomb.
    Returns the wait statuses of those that were reaped. Gives up after
    `deadline` seconds.
    """
    me = os.getpid()
    statuses: dict[int, int] = {}
    end = time.monotonic() + deadline
    pause = _FIRST_PAUSE
    while True:
        doomed = [child for child in children(me) if child not in spare]
        for child in doomed:
            for pid in (child, *descendants(child)):
                _kill(pid)
        for child in doomed:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(child, os.WNOHANG)
                if pid:
                    statuses[pid] = status
        if not doomed or time.monotonic() > end:
            return statuses
        time.sleep(pause)
        pause = min(pause * 1.5, _LAST_PAUSE)


def notice_children() -> int:
    """Return a descriptor that is readable whenever a child has ended; one for each process."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def forget_children() -> None:
    """Undo `notice_children` in a fork."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def kill_strays(known: Collection[int]) -> bool:
    """Kill the children of this process that are not known, and what is below them; whether there were any.

    One round of what `kill_all` does in several: whoever calls it goes on
    until nothing is left, and does other work in between.
    """
    strays = [child for child in children(os.getpid()) if child not in known]
    for child in strays:
        for pid in (child, *descendants(child)):
            _kill(pid)
    return bool(strays)


def reap(leave: Collection[int] = ()) -> dict[int, int]:
    """Reap the children that have ended, but for those to leave; return their wait statuses."""
    statuses: dict[int, int] = {}
    waited = [child for child in children(os.getpid()) if child not in leave] if leave else [-1]
    for child in waited:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(child, os.WNOHANG)
                if not pid:
                    break
                statuses[pid] = status
    return statuses


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


# Where the system does not list children (CONFIG_PROC_CHILDREN), every process is asked for its parent.
_LISTED = os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The command's name, in parentheses, may itself hold parentheses and blanks.
            return int(stat.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0
