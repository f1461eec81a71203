"""The init of one session: its parent, its reaper and its executioner. It runs no user code.

Theory of operation.

Forked by the zygote, it makes itself a subreaper, forks the session and keeps
one descriptor, the lifeline, whose other end the supervisor holds:

    in    I       SIGINT to the session's process group
          Q       SIGQUIT to the session's main process, which shows where it is and ends
          K, EOF  kill everything
    out   P int32 the process id of the session's main process
          X int32 all processes are dead; the main one exited with this status
          S int32 all processes are dead; the main one was killed by this signal

Numbers are big-endian. However deep a session nests, detaches and renames its
processes, each is a descendant of this process and becomes its child when it
is orphaned; see `family.py`. So it can promise at X and S that nothing is
left. It removes the session's directory last.

If this process itself is killed, the lifeline ends without X or S, the system
kills the session's main process (PR_SET_PDEATHSIG), and the zygote inherits
and kills the rest.
"""

import gc
import os
import select
import shutil
import signal
import socket
import struct
import traceback
from typing import NoReturn

from sagews.protocol import sagews_pb2 as pb
from sagews.session import descriptors, family, sandbox
from sagews.session.main import Session

_WORD = struct.Struct(">ci")


def run(session: Session, spawn: bytes, taken: int, received: list[int], directory: str) -> NoReturn:
    """Fork the session on these descriptors (channel, stdout, stderr, lifeline) and be its init.

    `spawn` is a serialised Spawn; `taken` and `directory` are as in `sandbox.enter`.
    """
    try:
        gc.disable()
        os.setsid()
        family.adopt_orphans()
        channel, stdout, stderr, lifeline = received
        pid = os.fork()
        if pid == 0:
            _become_session(session, spawn, taken, (channel, stdout, stderr), directory)
        _Init(lifeline, pid, directory).watch()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(70)


def _become_session(
    session: Session, spawn: bytes, taken: int, received: tuple[int, int, int], directory: str
) -> NoReturn:
    try:
        gc.enable()
        wish = pb.Spawn.FromString(spawn)
        channel = sandbox.enter(wish.limits, taken, received, directory)
        session.run(channel, spare=wish.spare)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(70)


class _Init:
    """What is left of this process after the fork: a lifeline and a child."""

    def __init__(self, lifeline: int, pid: int, directory: str) -> None:
        descriptors.close_all_but([lifeline])
        # 0, 1 and 2 stay occupied, so that no later descriptor is taken for one of them.
        for _ in range(3):
            os.open(os.devnull, os.O_RDWR)
        self._lifeline = socket.socket(fileno=lifeline)
        self._pid = pid
        self._status: int | None = None
        self._directory = directory

    def watch(self) -> None:
        """Obey the lifeline until the session's main process has ended or everything shall be killed."""
        self._say(b"P", self._pid)
        children = _notice_children()
        poll = select.poll()
        poll.register(self._lifeline, select.POLLIN)
        poll.register(children, select.POLLIN)
        while self._reap():
            ready = [fd for fd, _event in poll.poll()]
            if children in ready:
                os.read(children, 1 << 10)
            if self._lifeline.fileno() in ready and not self._obey():
                break
        self._end()

    def _reap(self) -> bool:
        """Reap what has ended, orphans too; False if the session's main process is among it."""
        self._status = family.reap().get(self._pid)
        return self._status is None

    def _obey(self) -> bool:
        """Do what the lifeline says; False if that is to kill everything."""
        try:
            letters = self._lifeline.recv(64)
        except OSError:
            letters = b""
        if not letters or b"K" in letters:
            return False
        try:
            if b"I" in letters:
                os.killpg(self._pid, signal.SIGINT)
            if b"Q" in letters:
                os.kill(self._pid, signal.SIGQUIT)
        except ProcessLookupError:
            pass
        return True

    def _end(self) -> None:
        killed = family.kill_all()
        status = killed.get(self._pid, 0) if self._status is None else self._status
        shutil.rmtree(self._directory, ignore_errors=True)
        if os.WIFSIGNALED(status):
            self._say(b"S", os.WTERMSIG(status))
        else:
            self._say(b"X", os.WEXITSTATUS(status))

    def _say(self, tag: bytes, number: int) -> None:
        try:
            self._lifeline.send(_WORD.pack(tag, number))
        except OSError:
            # The supervisor is gone; nobody is left to hear it.
            return


def _notice_children() -> int:
    """Return a descriptor that is readable whenever a child has ended."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader
