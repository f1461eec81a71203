"""A Python without what only Linux has: to be run before anything of ours is imported."""

import ctypes
import os
import platform
import resource
import select
import signal
import socket
import sys

_LINUX_CALLS = {"prctl", "unshare", "setns", "umount2", "capset", "capget"}
_LINUX_NAMES = {
    os: ["pidfd_open", "pipe2", "memfd_create", "sched_getaffinity", "eventfd", "getxattr", "O_PATH", "O_TMPFILE"],
    signal: ["pidfd_send_signal", "SIGRTMIN", "SIGRTMAX", "SIGPWR", "sigtimedwait"],
    socket: ["SO_PEERCRED", "MSG_CMSG_CLOEXEC", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "AF_NETLINK", "AF_VSOCK", "AF_ALG"],
    resource: ["prlimit", "RLIMIT_SIGPENDING", "RLIMIT_RTPRIO"],
    select: ["epoll", "EPOLLIN"],
}


def leave_linux() -> None:
    """Hide what another system does not have, as far as it can be hidden."""
    for module, names in _LINUX_NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    # Where ctypes looks functions up.
    find = ctypes.CDLL.__getattr__

    def missing(library: ctypes.CDLL, name: str) -> object:
        if name in _LINUX_CALLS:
            raise AttributeError(f"dlsym({name}): symbol not found")
        return find(library, name)

    ctypes.CDLL.__getattr__ = missing  # type: ignore[assignment]
    sys.platform = "darwin"
    platform.system = lambda: "Darwin"
