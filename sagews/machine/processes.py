"""Trials of what the worker itself is built on, and of limits for one process. Each runs in a process of its own."""

import errno
import mmap
import os
import resource
import select
import signal
import socket
import time

from sagews.machine.rights import become_stranger
from sagews.machine.trial import STRANGER, MissingError, must_fail

_ROOM = 64 << 20
_ORPHAN_SECONDS = 2
_OTHER = STRANGER - 1
"""A user whom no other trial runs something as."""


def pidfds() -> str:
    """Hold a process by a descriptor: kill it and see it end, whoever gets its number."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        try:
            socket.send_fds(ours, [b"x"], [os.pidfd_open(pid)])
            _data, (descriptor,), _flags, _address = socket.recv_fds(theirs, 10, 1)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            if not select.select([descriptor], [], [], 2)[0]:
                raise MissingError("the end of a process is not told")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return "processes are held by descriptors, never mistaken for others"


def orphans() -> str:
    """Become the parent of a process whose own parent has ended."""
    from sagews.session import family

    family.adopt_orphans()
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        orphan = os.fork()
        if orphan == 0:
            os.close(reader)
            time.sleep(_ORPHAN_SECONDS)
        else:
            os.write(writer, b"%d" % orphan)
        os._exit(0)
    os.waitpid(parent, 0)
    orphan = int(os.read(reader, 20))
    try:
        ended, _status = os.waitpid(orphan, os.WNOHANG)
    except ChildProcessError:
        raise MissingError("an orphan does not come to its nearest subreaper") from None
    if not ended:
        os.kill(orphan, signal.SIGKILL)
        os.waitpid(orphan, 0)
    return "what a session leaves comes to who ends it"


def ends_by_user() -> str:
    """End what another user runs, without naming a process."""
    if os.geteuid() != 0:
        raise MissingError("only root can")
    from sagews.session import user_processes

    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresuid(_OTHER, _OTHER, _OTHER)
        os.write(writer, b"x")
        time.sleep(_ORPHAN_SECONDS)
        os._exit(0)
    os.read(reader, 1)
    user_processes.kill_all([_OTHER], _ORPHAN_SECONDS / 2)
    _pid, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status):
        raise MissingError("what a user runs is not ended")
    return "what a session's user runs can be ended, whatever its parent"


def datagrams() -> str:
    """Send a datagram with a descriptor, and see the end of the other side."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        socket.send_fds(ours, [b"x"], [0])
        data, received, _flags, _address = socket.recv_fds(theirs, 10, 1)
        for each in received:
            os.close(each)
        if data != b"x" or len(received) != 1:
            raise MissingError("a descriptor does not come")
        ours.close()
        if theirs.recv(10) != b"":
            raise MissingError("the end of the other side is not seen")
    return "programs are asked by datagrams with descriptors"


def process_list() -> str:
    """See what this process consists of."""
    if "0" not in os.listdir("/proc/self/fd") or str(os.getpid()) not in os.listdir("/proc/self/task"):
        raise MissingError("/proc does not show this process")
    return "/proc shows processes"


def limits_of_a_process() -> str:
    """Run into limits of memory, of open files and of processes, as a session's user would."""
    become_stranger()
    with open("/proc/self/statm") as statm:
        taken = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + _ROOM, taken + _ROOM))
    must_fail(errno.ENOMEM, lambda: mmap.mmap(-1, 2 * _ROOM).close(), "address space can be had beyond their limit")
    highest = os.dup(0)
    os.close(highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
    must_fail(errno.EMFILE, lambda: os.close(os.dup(0)), "open files can be had beyond their limit")
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    must_fail(errno.EAGAIN, _fork, "processes can be had beyond their limit")
    return "address space, open files and a user's processes have limits that hold"


def huge_pages() -> str:
    """Join pages into a huge one."""
    from sagews.session import hugepages

    if not hugepages.available():
        raise MissingError("pages cannot be joined")
    return "a session is forked in half the time"


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
