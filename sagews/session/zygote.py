"""The zygote: one warm interpreter of an environment, from which every session is forked.

Theory of operation.

Counterpart: `sagews/worker/zygote.py`, which starts this program by exec with
a clean environment and one socket (SOCK_SEQPACKET, `--control`).

    supervisor ──exec── zygote ──fork── session (user code), inside a sandbox
        │                 │ control        │ channel, stdout, stderr
        └─────────────────┴────────────────┘

1. It makes the session's shell and everything around it, imports what the
   environment preloads, and uses each part once, so that a forked session
   finds modules, fonts and caches warm. Then it freezes its objects
   (`gc.freeze`), so that no collection of garbage touches, and thereby
   copies, the pages that it shares with its sessions, and joins its memory
   into huge pages, which halves the time of a fork.
2. It reports `Preloaded`.
3. For each `Spawn` datagram, which brings a session's descriptors, it forks
   once, into the process namespace of the sandbox if there is one, and reports
   `Forked`. The child puts up its walls (`sandbox.py`) and lives (`main.py`).
4. It reaps: a session whose main process has ended is reported as `Exited`.
   Without a sandbox, orphans of the session become children of this process,
   which is a subreaper; it kills them, and reports only then. The session's
   directory is removed in the background, however long that takes. Where the
   system has no subreapers, or no pidfds by which the supervisor could signal,
   it kills what the session's user has left (`user_processes.py`), and passes
   signals on (`Signal`): as the parent who has not reaped a process it cannot
   mistake another for it.
5. The end of file on the control socket ends it, and every session that has
   no sandbox. Those that have one live on, and the supervisor inherits them.

It has one thread, always: what another thread holds at the moment of a fork
(a lock of malloc, a pool of BLAS) is held for ever in the child. It refuses
to fork otherwise. It holds no secret, and it reads no byte that a session
wrote.
"""

import argparse
import os
import select
import socket
import sys
import time

from sagews.protocol import sagews_pb2 as pb
from sagews.session import descriptors, family, matplotlib_directory, namespaces, preload, sandbox
from sagews.session.children import Children
from sagews.session.main import Session
from sagews.session.sage import places

MAX_SPAWN = 1 << 16
"""Bytes of one datagram."""
MAX_DESCRIPTORS = 16
STRAYS_PAUSE = 0.005
"""Seconds between two rounds of killing what sessions without a sandbox left."""


def main() -> None:
    """Preload, warm, freeze, report, then fork on demand until the supervisor is gone."""
    arguments = _arguments()
    control = socket.socket(fileno=arguments.control)
    control.set_inheritable(False)
    if arguments.inside is not None:
        namespaces.go_on_inside(*arguments.inside)
        descriptors.close(arguments.inside)
    adopts = _adopts_orphans()
    start = time.monotonic()
    names = [name for name in arguments.preload.split(",") if name]
    with matplotlib_directory.provided(), places.provided(names):
        session = Session()
        preloaded = preload.preload(session, names, arguments.warm_up)
    walls = sandbox.Sandbox()
    children = Children(session, walls, adopts=adopts)
    preload.freeze()
    preloaded.seconds = time.monotonic() - start
    assert_one_thread()
    try:
        control.send(pb.ZygoteReport(preloaded=preloaded).SerializeToString())
    except OSError:
        return  # The supervisor has gone meanwhile, for a reason of its own.
    Zygote(control, children).serve()


def _adopts_orphans() -> bool:
    """Adopt the orphans of sessions, and return whether this system allows it."""
    try:
        family.adopt_orphans()
    except OSError:
        return False
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sagews.session.zygote", description="Forks sessions on demand.")
    parser.add_argument("--control", type=int, required=True, help="number of the descriptor of the control socket")
    parser.add_argument("--preload", default="", help="modules to import, separated by commas")
    parser.add_argument("--warm-up", default="", metavar="CODE", help="code to run once, which may fail")
    parser.add_argument(
        "--inside", nargs=2, type=int, metavar="FD", help="descriptors of the builder's user and process namespaces"
    )
    return parser.parse_args()


class Zygote:
    """The loop that forks and reaps."""

    def __init__(self, control: socket.socket, children: Children) -> None:
        self._control = control
        self._children = children
        self._ended = family.notice_children()
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._ended, select.POLLIN)

    def serve(self) -> None:
        """Do what each datagram asks for, and report the sessions that end; return when the supervisor is gone."""
        while True:
            ready = self._poll.poll(STRAYS_PAUSE * 1000 if self._children.have_left_strays else None)
            for fd, _event in ready:
                if fd == self._ended:
                    os.read(fd, 1 << 10)
                elif not self._serve_next():
                    self._children.kill_all()
                    return
            for exited in self._children.reap():
                self._report(pb.ZygoteReport(exited=exited))

    def _serve_next(self) -> bool:
        """Serve a datagram; False if there is none any more."""
        try:
            datagram, received = descriptors.receive(self._control, MAX_SPAWN, MAX_DESCRIPTORS)
        except ConnectionResetError:
            # The supervisor went with a report of ours unread.
            return False
        if not datagram:
            return False
        forked = pb.Forked()
        pidfd = -1
        try:
            request = pb.ZygoteRequest.FromString(datagram)
            if request.HasField("signal"):
                self._children.signal(request.signal)
                return True
            spawn = request.spawn
            forked.number = spawn.number
            assert_one_thread()
            pid = self._children.fork(spawn, received)
            if spawn.by_user:
                forked.pid = pid
            else:
                pidfd = os.pidfd_open(pid)
        except Exception as error:
            # Whatever the fault, the next session shall not suffer from it.
            print(f"zygote: session {forked.number} was not forked: {error!r}", file=sys.stderr)
        finally:
            descriptors.close(received)
        self._report(pb.ZygoteReport(forked=forked), pidfd)
        return True

    def _report(self, report: pb.ZygoteReport, pidfd: int = -1) -> None:
        try:
            if pidfd < 0:
                self._control.send(report.SerializeToString())
            else:
                socket.send_fds(self._control, [report.SerializeToString()], [pidfd])
        except OSError:
            return  # The supervisor is gone, which the next poll tells.
        finally:
            descriptors.close([pidfd] if pidfd >= 0 else [])


def assert_one_thread() -> None:
    """Raise RuntimeError if this process has a second thread, as a fork would leave its locks held for ever."""
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        raise RuntimeError(f"the zygote has {threads} threads; a preloaded module, or warm_up, started some")


if __name__ == "__main__":
    # The module `__main__` becomes the user's own; this program goes on under its real name.
    from sagews.session import zygote

    zygote.main()
