"""The builder: a small process that makes sandboxes, ahead of time, for the sessions that will enter them.

Theory of operation.

Counterpart: `sagews/worker/sandboxes.py`, which starts this program by exec
with a clean environment and one socket (SOCK_SEQPACKET, `--control`).

    supervisor ──exec── builder ──fork── init, first process of a sandbox
        │                  │                 │ lifeline
        └──────────────────┴─────────────────┘

Namespaces, mounts and the process that holds them cost little to make from a
small process and much from a large one. So the zygote, which is large, forks
each session once, into a sandbox that already stands.

1. For an ordinary user it goes on inside a user namespace, in which it has
   the rights that the rest needs, as the first process of a process
   namespace, from which it may fork into others. The zygotes follow it
   there. So its end is the end of all of them, and of their sessions; with
   root, sandboxes do not depend on it.
2. It makes the file system that every sandbox shows (`root.py`).
3. It says that it is ready, and for each `Build` datagram it forks an init
   (`init.py`) and answers with its process id and pidfd.
4. It reaps inits that have ended.
5. The end of file on the control socket ends it.
"""

import argparse
import gc
import os
import select
import signal
import socket

from sagews.protocol import sagews_pb2 as pb
from sagews.session import capabilities, descriptors, family, init, namespaces, root

MAX_BUILD = 1 << 12
"""Bytes of one datagram."""


def main() -> None:
    """Prepare what all sandboxes share, then make one for each that is asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arguments = _arguments()
    control = socket.socket(fileno=arguments.control)
    control.set_inheritable(False)
    try:
        if arguments.new_user_namespace:
            namespaces.go_on_in_new()
        own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        capabilities.prepare()
        covered = root.build(arguments.show, keep_processes=arguments.new_user_namespace)
    except OSError as error:
        control.send(pb.Built(error=str(error)).SerializeToString())
        return
    gc.collect()
    gc.freeze()
    control.send(pb.Built(pid=os.getpid()).SerializeToString())
    Builder(control, own, covered).serve()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sagews.session.builder", description="Makes sandboxes on demand.")
    parser.add_argument("--control", type=int, required=True, help="number of the descriptor of the control socket")
    parser.add_argument("--new-user-namespace", action="store_true", help="gain the rights for it in a namespace")
    parser.add_argument("--show", action="append", default=[], metavar="PATH", help="what sandboxes can read")
    return parser.parse_args()


class Builder:
    """The loop that forks inits and reaps them."""

    def __init__(self, control: socket.socket, own: int, covered: dict[str, str]) -> None:
        self._control = control
        self._own = own
        self._covered = covered
        self._children = family.notice_children()

    def serve(self) -> None:
        """Fork an init for each datagram; return when the supervisor is gone."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._children, select.POLLIN)
        while True:
            for fd, _event in poll.poll():
                if fd == self._children:
                    os.read(fd, 1 << 10)
                    family.reap()
                elif not self._build_next():
                    return

    def _build_next(self) -> bool:
        datagram, received = descriptors.receive(self._control, MAX_BUILD, 1)
        if not datagram:
            return False
        build = pb.Build.FromString(datagram)
        try:
            if received:
                self._fork(build, received[0])
        except OSError as error:
            self._control.send(pb.Built(number=build.number, error=str(error)).SerializeToString())
        finally:
            descriptors.close(received)
        return True

    def _fork(self, build: pb.Build, lifeline: int) -> None:
        namespaces.unshare(namespaces.NEW_PROCESSES)
        try:
            pid = os.fork()
            if pid == 0:
                init.run(build, lifeline, self._covered)
        finally:
            namespaces.enter(self._own, namespaces.NEW_PROCESSES)
        pidfd = os.pidfd_open(pid)
        try:
            socket.send_fds(self._control, [pb.Built(number=build.number, pid=pid).SerializeToString()], [pidfd])
        finally:
            os.close(pidfd)


if __name__ == "__main__":
    # Inits are forked from here; nothing of theirs may look like the main module of a user's program.
    from sagews.session import builder

    builder.main()
