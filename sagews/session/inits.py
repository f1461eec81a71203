"""The zygote's inits: each is the parent of one session at a time, and some stand idle for the next.

Most of what a session costs is forks. An init has nothing of its session left
in it when that has ended (see `init.py`), so it serves again; and one is
forked ahead of time, so that a reader waits for one fork, that of the session.
"""

import os
import signal
import socket
from dataclasses import dataclass

from sagews.session import directories, family, init, sandbox
from sagews.session.main import Session

MOST_IDLE = 4
"""Inits that are kept without a session; those beyond it end."""
ORPHANS_DEADLINE = 5.0
"""Seconds that killing the orphans of a killed init may keep the zygote from forking."""


@dataclass(slots=True)
class Init:
    """One init, seen from the zygote."""

    pid: int
    work: socket.socket
    directory: str = ""
    """Of the session that it has; empty while it is idle."""


class Inits:
    """All inits of one zygote."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._taken = sandbox.address_space()
        self._inits: dict[int, Init] = {}
        """By the descriptor of its socket."""
        self._idle: list[Init] = []

    @property
    def has_idle(self) -> bool:
        """Whether the next session needs one fork only."""
        return bool(self._idle)

    def fork(self) -> int:
        """Fork an idle init; return the descriptor that is readable when it has something to tell."""
        assert_one_thread()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            init.run(self._session, theirs.detach(), self._taken)
        theirs.close()
        forked = Init(pid, ours)
        self._inits[ours.fileno()] = forked
        self._idle.append(forked)
        return ours.fileno()

    def give(self, spawn: bytes, received: list[int], directory: str) -> None:
        """Let an idle init fork a session on these descriptors."""
        taken = self._idle.pop()
        taken.directory = directory
        socket.send_fds(taken.work, [directory.encode() + b"\0" + spawn], received)

    def hear(self, fd: int) -> bool:
        """Take what an init tells; return whether it is still there."""
        heard = self._inits[fd]
        try:
            told = heard.work.recv(16)
        except ConnectionResetError:
            told = b""
        if told:
            heard.directory = ""
            if len(self._idle) < MOST_IDLE:
                self._idle.append(heard)
                return True
        self._end(heard)
        return False

    def _end(self, ended: Init) -> None:
        """Let an init go, and clear away what it left if it was killed.

        One that is to go has nothing to lose. One that was killed by others
        leaves orphans, which this process inherits.
        """
        del self._inits[ended.work.fileno()]
        ended.work.close()
        if ended in self._idle:
            self._idle.remove(ended)
        os.kill(ended.pid, signal.SIGKILL)
        os.waitpid(ended.pid, 0)
        if ended.directory:
            family.kill_all(spare={one.pid for one in self._inits.values()}, deadline=ORPHANS_DEADLINE)
            _remove_in_a_child(ended.directory)


def _remove_in_a_child(directory: str) -> None:
    """Remove what a killed init left behind, without reading in this process what a session wrote."""
    if (pid := os.fork()) == 0:
        try:
            directories.remove(directory)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def assert_one_thread() -> None:
    """Raise RuntimeError if this process has a second thread, as a fork would leave its locks held for ever."""
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        raise RuntimeError(f"the zygote has {threads} threads; a preloaded module started some")
