"""File descriptors: receiving them from the supervisor, putting them in place, closing all others."""

import array
import fcntl
import os
import socket
from collections.abc import Iterable


def receive(control: socket.socket, size: int, most: int) -> tuple[bytes, list[int]]:
    """Return the next datagram of a SOCK_SEQPACKET socket and the descriptors that came with it.

    An empty datagram is the end of the other side. Of more than `most`
    descriptors none is returned.
    """
    received = array.array("i")
    room = socket.CMSG_SPACE(most * received.itemsize)
    data, messages, flags, _address = control.recvmsg(size, room, socket.MSG_CMSG_CLOEXEC)
    for level, kind, rights in messages:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            received.frombytes(rights[: len(rights) // received.itemsize * received.itemsize])
    if flags & socket.MSG_CTRUNC:
        close(received)
        return data, []
    return data, list(received)


def close(descriptors: Iterable[int]) -> None:
    """Close descriptors; one that is closed already is no fault."""
    for fd in descriptors:
        try:
            os.close(fd)
        except OSError:
            continue


def close_all_but(keep: Iterable[int]) -> None:
    """Close every descriptor of this process except those given (close_range(2) where the system has it)."""
    first = 0
    for fd in [*sorted(keep), os.sysconf("SC_OPEN_MAX")]:
        if first < fd:  # An empty range would close everything from there on.
            os.closerange(first, fd)
        first = fd + 1


def out_of_the_way(fd: int, lowest: int) -> int:
    """Return a duplicate numbered `lowest` or higher that no program started from here inherits."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)
