"""The init of a session: its parent, its reaper and its executioner. It runs no user code.

Theory of operation.

Forked by the zygote, it makes itself a subreaper and waits for work: a
datagram with the four descriptors of a session. It forks that session and
keeps one descriptor, the lifeline, whose other end the supervisor holds:

    in    I       SIGINT to the session's process group
          Q       SIGQUIT to the session's main process, which shows where it is and ends
          K, EOF  kill everything
    out   I int32 the process id of this init
          P int32 the process id of the session's main process
          A int32 so many SIGINTs were asked for, and one is sent for all of them
          X int32 all processes are dead; the main one exited with this status
          S int32 all processes are dead; the main one was killed by this signal

Numbers are big-endian. However deep a session nests, detaches and renames its
processes, each is a descendant of this process and becomes its child when it
is orphaned; see `family.py`. So it can promise at X and S that nothing is
left. It removes the session's directory last.

After that it is as it was before: it has run nothing of the reader's, and
read nothing but those letters. It tells the zygote so by a byte, and can be
the init of another session. The end of file on its socket ends it.

If this process itself is killed, the lifeline ends without X or S, the system
kills the session's main process (PR_SET_PDEATHSIG), and the zygote inherits
and kills the rest.
"""

import gc
import os
import select
import signal
import socket
import struct
import traceback
from typing import NoReturn

from sagews.protocol import sagews_pb2 as pb
from sagews.session import descriptors, directories, family, sandbox
from sagews.session.main import Session

MAX_WORK = 1 << 16
"""Bytes of one datagram from the zygote."""
DESCRIPTORS = 4
"""Channel, stdout, stderr, lifeline: what comes with a Spawn, in this order."""
IDLE = b"."
"""What the zygote is told when everything of a session is gone."""

_WORD = struct.Struct(">ci")


def run(session: Session, work: int, taken: int) -> NoReturn:
    """Be the init of one session after the other; `work` is the socket on which they come.

    A datagram is the directory of the session, a NUL and a serialised Spawn;
    `taken` is as in `sandbox.enter`.
    """
    try:
        gc.disable()
        os.setsid()
        family.adopt_orphans()
        descriptors.close_all_but([work])
        # 0, 1 and 2 stay occupied, so that no later descriptor is taken for one of them.
        for _ in range(3):
            os.open(os.devnull, os.O_RDWR)
        _Init(session, socket.socket(fileno=work), taken).serve()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(70)


class _Init:
    """What waits for work, and what is left of this process after the fork of a session."""

    def __init__(self, session: Session, work: socket.socket, taken: int) -> None:
        self._session = session
        self._work = work
        self._taken = taken
        self._children = _notice_children()
        self._lifeline = -1
        self._pid = 0
        self._status: int | None = None

    def serve(self) -> None:
        """Fork the sessions that the zygote asks for, one after the other, until it is gone."""
        while True:
            datagram, received = descriptors.receive(self._work, MAX_WORK, DESCRIPTORS)
            if not datagram:
                return
            directory, _, spawn = datagram.partition(b"\0")
            if received:
                self._fork(spawn, received, directory.decode())
                self._watch()
                self._end(directory.decode())
            try:
                self._work.send(IDLE)
            except OSError:
                return  # The zygote has died.

    def _fork(self, spawn: bytes, received: list[int], directory: str) -> None:
        self._status = None
        self._pid = os.fork()
        if self._pid == 0:
            _become_session(self._session, spawn, self._taken, received, directory)
        self._lifeline = received[3]
        descriptors.close(received[:3])

    def _watch(self) -> None:
        """Obey the lifeline until the session's main process has ended or everything shall be killed."""
        self._say(b"I", os.getpid())
        self._say(b"P", self._pid)
        poll = select.poll()
        poll.register(self._lifeline, select.POLLIN)
        poll.register(self._children, select.POLLIN)
        while self._reap():
            ready = [fd for fd, _event in poll.poll()]
            if self._children in ready:
                os.read(self._children, 1 << 10)
            if self._lifeline in ready and not self._obey():
                break

    def _reap(self) -> bool:
        """Reap what has ended, orphans too; False if the session's main process is among it."""
        self._status = family.reap().get(self._pid)
        return self._status is None

    def _obey(self) -> bool:
        """Do what the lifeline says; False if that is to kill everything."""
        try:
            letters = os.read(self._lifeline, 64)
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
        if interrupts := letters.count(b"I"):
            self._say(b"A", interrupts)
        return True

    def _end(self, directory: str) -> None:
        killed = family.kill_all()
        status = killed.get(self._pid, 0) if self._status is None else self._status
        directories.remove(directory)
        if os.WIFSIGNALED(status):
            self._say(b"S", os.WTERMSIG(status))
        else:
            self._say(b"X", os.WEXITSTATUS(status))
        os.close(self._lifeline)

    def _say(self, tag: bytes, number: int) -> None:
        try:
            os.write(self._lifeline, _WORD.pack(tag, number))
        except OSError:
            # The supervisor is gone; nobody is left to hear it.
            return


def _become_session(session: Session, spawn: bytes, taken: int, received: list[int], directory: str) -> NoReturn:
    try:
        gc.enable()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        wish = pb.Spawn.FromString(spawn)
        channel, stdout, stderr, _lifeline = received
        channel = sandbox.enter(wish.limits, taken, (channel, stdout, stderr), directory, own_user=wish.own_user)
        session.run(channel, spare=wish.spare)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(70)


def _notice_children() -> int:
    """Return a descriptor that is readable whenever a child has ended."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader
