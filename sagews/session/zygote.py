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
import socket
import sys
import tempfile
import time

from sagews.session import descriptors, family, init, preload
from sagews.session.inits import Inits, assert_one_thread
from sagews.session.main import Session

AHEAD, LAST_AHEAD = 0.01, 10.0
"""Seconds of quiet after which an init is forked for the next session; longer and longer if that fails."""


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
    assert_one_thread()
    try:
        control.send(preloaded.SerializeToString())
    except OSError:
        return  # The supervisor has gone meanwhile, for a reason of its own.
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
        self._directory = tempfile.gettempdir()
        self._inits = Inits(session)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._quiet = AHEAD

    def serve(self) -> None:
        """Have a session forked for each datagram, and hear the inits; return when the supervisor is gone."""
        while True:
            ready = self._poll.poll(None if self._inits.has_idle else self._quiet * 1000)
            if not ready:
                self._fork_ahead()
            for fd, _event in ready:
                if fd == self._control.fileno():
                    if not self._spawn_next():
                        return
                else:
                    self._hear(fd)

    def _spawn_next(self) -> bool:
        """Serve a datagram. What is written to here between forks breaks up huge pages: the init does the rest."""
        datagram, received = descriptors.receive(self._control, init.MAX_WORK, init.DESCRIPTORS)
        if not datagram:
            return False
        try:
            if received:
                if not self._inits.has_idle:
                    self._fork_init()
                self._inits.give(datagram, received, f"{self._directory}/sagews-{os.urandom(8).hex()}")
        except Exception as error:
            # Whatever the fault, the next session shall not suffer from it.
            print(f"zygote: a session was not forked: {error!r}", file=sys.stderr)
        finally:
            descriptors.close(received)
        return True

    def _hear(self, fd: int) -> None:
        try:
            stays = self._inits.hear(fd)
        except OSError as error:
            print(f"zygote: an init could not be cleared away: {error!r}", file=sys.stderr)
            stays = False
        if not stays:
            self._poll.unregister(fd)

    def _fork_ahead(self) -> None:
        try:
            self._fork_init()
            self._quiet = AHEAD
        except (OSError, RuntimeError) as error:
            # Perhaps for want of processes: those who come will be told; ahead of time it is tried less often.
            print(f"zygote: no init was forked: {error!r}", file=sys.stderr)
            self._quiet = min(self._quiet * 2, LAST_AHEAD)

    def _fork_init(self) -> None:
        self._poll.register(self._inits.fork(), select.POLLIN)


if __name__ == "__main__":
    # The module `__main__` becomes the user's own; this program goes on under its real name.
    from sagews.session import zygote

    zygote.main()
