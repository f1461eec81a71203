"""Descriptors, received and closed."""

import os
import socket

from sagews.session import descriptors


def test_receiving() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, open(os.devnull) as null:
        socket.send_fds(ours, [b"abc"], [null.fileno(), null.fileno()])
        data, received = descriptors.receive(theirs, 100, 2)
        assert data == b"abc" and len(received) == 2
        assert all(os.path.samestat(os.fstat(fd), os.fstat(null.fileno())) for fd in received)
        assert not any(os.get_inheritable(fd) for fd in received)
        descriptors.close(received)
        before = set(os.listdir("/proc/self/fd"))
        socket.send_fds(ours, [b"abc"], [null.fileno()] * 5)
        assert descriptors.receive(theirs, 100, 4) == (b"abc", [])
        assert set(os.listdir("/proc/self/fd")) == before, "all are closed, also those there was no room for"


def test_closing_all_but_some() -> None:
    if (pid := os.fork()) == 0:
        os.dup2(0, 300)
        descriptors.close_all_but([0, 300])
        os.closerange(1, 2)
        held = [fd for fd in range(1000) if _is_open(fd)]
        os._exit(0 if held == [0, 300] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_out_of_the_way() -> None:
    fd = descriptors.out_of_the_way(0, 200)
    assert fd >= 200 and not os.get_inheritable(fd)
    descriptors.close([fd, fd])
