"""The init of a sandbox: the first process of its process namespace. It runs no user code, and reads nothing of it.

Theory of operation.

Forked by the builder (`builder.py`), a small process, it makes the rest of the
namespaces, mounts what is the sandbox's own, lets go of all rights, writes one
byte to its lifeline, and waits for the lifeline's end.

    lifeline   out   "+" all stands, or a line that says what failed
               in    its end of file, or anything else: everything shall end

When it ends, however it ends, the kernel kills every process of the namespace
before anybody can see that it has ended, and takes the namespaces, the mounts
and the files with it. That is the whole of what it is for. Orphans become its
children, and the system reaps them, as it ignores SIGCHLD.

No process inside can harm it: signals from within do not reach the first
process of a namespace, it is another user's (or not dumpable, where there is
one user only), and it holds nothing that could be read.
"""

import os
import signal
import socket
from typing import NoReturn

from sagews.protocol import sagews_pb2 as pb
from sagews.session import capabilities, descriptors, namespaces, root
from sagews.session.namespaces import NO_DEVICES, NO_PROGRAMS, NO_SETUID, READ_ONLY, RECURSIVE

STANDS = b"+"
"""What is said when all stands."""
HOSTNAME = "sandbox"

MOST_TERMINALS = 32
"""Pseudoterminals of one sandbox; the machine has 4096 for all together (kernel.pty.max)."""

_NOBODY = 65534
_ROOM = "/mnt"


def run(build: pb.Build, lifeline: int, covered: dict[str, str]) -> NoReturn:
    """Be the init of one sandbox until the lifeline ends; `covered` is what `root.build` returned."""
    try:
        os.setsid()
        descriptors.close_all_but([lifeline])
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        _leave_namespaces(network=build.network)
        _mount(build, covered)
        _let_go(build)
        os.write(lifeline, STANDS)
        os.read(lifeline, 1)
    except BaseException as error:
        os.write(lifeline, f"{error}\n".encode()[:500])
    finally:
        os._exit(0)


def _leave_namespaces(*, network: bool) -> None:
    flags = namespaces.NEW_MOUNTS | namespaces.NEW_IPC | namespaces.NEW_HOSTNAME
    namespaces.unshare(flags if network else flags | namespaces.NEW_NETWORK)
    socket.sethostname(HOSTNAME)


def _mount(build: pb.Build, covered: dict[str, str]) -> None:
    """Mount the processes of this namespace, and one file system with the home directory, /tmp and /dev/shm."""
    namespaces.mount("proc", "/proc", NO_SETUID | NO_DEVICES | NO_PROGRAMS)
    options = f"newinstance,ptmxmode=0666,mode=600,max={MOST_TERMINALS}"
    namespaces.mount("devpts", root.TERMINALS, NO_SETUID | NO_PROGRAMS, options)
    options = f"mode=755,size={build.disk},nr_inodes={build.files}"
    namespaces.mount("tmpfs", _ROOM, NO_SETUID | NO_DEVICES, options)
    os.umask(0o022)
    home = f"{_ROOM}/home/{build.user}"
    os.makedirs(home, 0o755)
    os.chown(home, build.uid, build.gid)
    os.chmod(home, 0o700)
    for name, place in (("tmp", "/tmp"), ("shm", "/dev/shm")):  # noqa: S108  # the sandbox's own
        os.mkdir(f"{_ROOM}/{name}")
        os.chmod(f"{_ROOM}/{name}", 0o1777)  # noqa: S103  # as every /tmp
        namespaces.bind(f"{_ROOM}/{name}", place)
    _write_passwd(build)
    namespaces.bind(f"{_ROOM}/home", "/home")
    for path, source in covered.items():
        if os.path.isdir(source):
            os.makedirs(path, 0o755, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o644))
        namespaces.bind(source, path, RECURSIVE)
    namespaces.unmount(_ROOM)


def _write_passwd(build: pb.Build) -> None:
    """Let the user have a name inside, so that programs which look it up find one."""
    lines = [
        "root:x:0:0:root:/nonexistent:/usr/sbin/nologin",
        f"{build.user}:x:{build.uid}:{build.gid}::/home/{build.user}:/bin/sh",
    ]
    with open(f"{_ROOM}/passwd", "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    os.chmod(f"{_ROOM}/passwd", 0o644)
    namespaces.bind(f"{_ROOM}/passwd", "/etc/passwd")
    namespaces.restrict("/etc/passwd", READ_ONLY | NO_PROGRAMS)


def _let_go(build: pb.Build) -> None:
    """Give up every right: from now on this process only waits."""
    capabilities.drop_bounding()
    if build.uid != os.geteuid():
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        # The change of user also closes /proc/1 to everybody but root.
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    # In a user namespace it stays open to the zygote, which has to enter by it;
    # sessions are in another one, from which none of it can be seen.
    capabilities.drop_all()
