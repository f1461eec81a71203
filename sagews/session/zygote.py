"""The zygote: one warm interpreter of an environment, from which every session is forked.

Theory of operation.

Counterpart: `sagews/worker/zygote.py`, which starts this program by exec with
a clean environment and one socket (SOCK_SEQPACKET, `--control`).

    supervisor ──exec── zygote ──fork── init ──fork── session (user code)
        │                 │  control      │  lifeline    │  channel, stdout, stderr
        └─────────────────┴───────────────┴──────────────┘

1. It makes the session's shell and everything around it, imports what the
   environment preloads, and uses each part once, so that a forked session
   finds modules, fonts and caches warm. Then it freezes its objects
   (`gc.freeze`), so that no collection of garbage touches, and thereby
   copies, the pages that it shares with its sessions, and joins its memory
   into huge pages, which halves the time of a fork.
2. It sends one `Preloaded` and from then on says nothing more.
3. For each `Spawn` datagram, which brings the four descriptors of a session,
   it seeds the random generators anew, so that no two sessions throw the same
   dice, forks an init, closes the four, and waits for the next. A datagram that
   it cannot serve shows to the supervisor as the end of that lifeline.
4. It reaps inits. An init that did not exit but was killed leaves orphans;
   the zygote, being a subreaper, inherits them, kills and reaps them, and
   has the session's directory removed.
5. The end of file on the control socket ends it. Sessions do not depend on
   it: they live on, each with its own init and lifeline.

It has one thread, always: what another thread holds at the moment of a fork
(a lock of malloc, a pool of BLAS) is held for ever in the child. It refuses
to fork otherwise. It holds no secret, and it reads no byte that a session
wrote.
"""

import argparse
import os
import select
import shutil
import socket
import sys
import tempfile
import time

from sagews.session import descriptors, family, init, preload, sandbox
from sagews.session.main import Session

MAX_SPAWN = 1 << 16
"""Bytes of one datagram on the control socket."""
DESCRIPTORS = 4
"""Channel, stdout, stderr, lifeline: what comes with a Spawn, in this order."""
ORPHANS_DEADLINE = 5.0
"""Seconds that killing the orphans of a killed init may keep the zygote from forking."""


def main() -> None:
    """Preload, warm, freeze, report, then fork on demand until the supervisor is gone."""
    arguments = _arguments()
    control = socket.socket(fileno=arguments.control)
    control.set_inheritable(False)
    family.adopt_orphans()
    start = time.monotonic()
    session = Session()
    preloaded = preload.preload(session, [name for name in arguments.preload.split(",") if name])
    preload.freeze()
    preloaded.seconds = time.monotonic() - start
    _assert_one_thread()
    control.send(preloaded.SerializeToString())
    Zygote(control, session).serve()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sagews.session.zygote", description="Forks sessions on demand.")
    parser.add_argument("--control", type=int, required=True, help="number of the descriptor of the control socket")
    parser.add_argument("--preload", default="", help="modules to import, separated by commas")
    return parser.parse_args()


class Zygote:
    """The loop that forks and reaps."""

    def __init__(self, control: socket.socket, session: Session) -> None:
        self._control = control
        self._session = session
        self._directory = tempfile.gettempdir()
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._taken = sandbox.address_space()
        self._inits: dict[int, tuple[int, str]] = {}
        """By pidfd: the process id of an init, and the directory of its session."""

    def serve(self) -> None:
        """Fork a session for each datagram and reap the inits that end; return when the supervisor is gone."""
        while True:
            for fd, _event in self._poll.poll():
                if fd != self._control.fileno():
                    self._reap(fd)
                elif not self._spawn_next():
                    return

    def _spawn_next(self) -> bool:
        datagram, received = descriptors.receive(self._control, MAX_SPAWN, DESCRIPTORS)
        if not datagram:
            return False
        try:
            if received:
                self._spawn(datagram, received)
        except Exception as error:
            # Whatever the fault, the next session shall not suffer from it.
            print(f"zygote: a session was not forked: {error!r}", file=sys.stderr)
        finally:
            descriptors.close(received)
        return True

    def _spawn(self, spawn: bytes, received: list[int]) -> None:
        """Fork an init. What is written to here between two forks breaks up huge pages: the fork does the rest."""
        _assert_one_thread()
        directory = f"{self._directory}/sagews-{os.urandom(8).hex()}"
        pid = os.fork()
        if pid == 0:
            init.run(self._session, spawn, self._taken, received, directory)
        pidfd = os.pidfd_open(pid)
        self._inits[pidfd] = (pid, directory)
        self._poll.register(pidfd, select.POLLIN)

    def _reap(self, pidfd: int) -> None:
        pid, directory = self._inits.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        _pid, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            family.kill_all(spare={init_pid for init_pid, _ in self._inits.values()}, deadline=ORPHANS_DEADLINE)
            _remove_in_a_child(directory)


def _remove_in_a_child(directory: str) -> None:
    """Remove what a killed init left behind, without reading in this process what a session wrote."""
    if (pid := os.fork()) == 0:
        try:
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _assert_one_thread() -> None:
    """Raise RuntimeError if this process has a second thread; see the top of this file."""
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        raise RuntimeError(f"the zygote has {threads} threads; a preloaded module started some")


if __name__ == "__main__":
    # The module `__main__` becomes the user's own; this program goes on under its real name.
    from sagews.session import zygote

    zygote.main()
