"""The wall that a process puts up around itself where namespaces do not reach, or where there are none (landlock(7)).

A ruleset says what can be reached; all else that this system's Landlock knows
about is refused. What that is depends on its version, the ABI:

    1  reading, writing, making, removing, starting files
    2  moving and linking files between directories (never, before)
    3  truncating files
    4  binding and connecting TCP sockets
    5  the controls of devices (ioctl(2))
    6  abstract Unix sockets and signals of processes outside

Files that are open already stay open. UDP, and what else a file's owner may do
to it (chmod(2), its times), it does not know.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Iterable

TCP_SINCE, SCOPES_SINCE = 4, 6
"""First ABI that can refuse TCP; that keeps abstract sockets and signals inside."""

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIRECTORY = 1, 2, 4, 8
_MAKE_CHARACTER_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _CONTROL_DEVICE = 1 << 13, 1 << 14, 1 << 15  # LANDLOCK_ACCESS_FS_*
_READ = _EXECUTE | _READ_FILE | _READ_DIRECTORY
_WRITE = 0xFFFF & ~_MAKE_CHARACTER_DEVICE & ~_MAKE_BLOCK_DEVICE
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _CONTROL_DEVICE

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same everywhere
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH = 1  # LANDLOCK_RULE_PATH_BENEATH
_BIND_AND_CONNECT = 3  # LANDLOCK_ACCESS_NET_*
_SOCKETS_AND_SIGNALS = 3  # LANDLOCK_SCOPE_*


class _Handled(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("files", "network", "scopes"))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("directory", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong]
_syscall.restype = ctypes.c_long
# A prototype of its own, as its first argument is the address.
_create = ctypes.CDLL(None, use_errno=True).syscall
_create.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
_create.restype = ctypes.c_long
_beneath = _Beneath()
_BENEATH = ctypes.addressof(_beneath)


def available() -> int:
    """Return the version of this system's Landlock, the ABI; 0 if it has none or does not let us use it."""
    version = int(_create(_CREATE, None, 0, _VERSION))
    if version >= 0:
        return version
    if ctypes.get_errno() in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
        return 0
    raise _error("landlock_create_ruleset")


class Ruleset:
    """What a session can reach, to be made before the fork as far as its paths exist there.

    Rules hold for the files that paths lead to when they are added, in this
    process's mount namespace, and for all that is below them in any. All
    methods raise OSError.
    """

    def __init__(self, read: Iterable[str] = (), write: Iterable[str] = (), *, deny_tcp: bool = False) -> None:
        version = available()
        self._known = _files(version)
        if not version or (deny_tcp and version < TCP_SINCE):
            raise OSError(errno.EOPNOTSUPP, f"landlock_create_ruleset: its version here is {version}")
        handled = _Handled(
            self._known, _BIND_AND_CONNECT if deny_tcp else 0, _SOCKETS_AND_SIGNALS if version >= SCOPES_SINCE else 0
        )
        self.descriptor = int(_create(_CREATE, ctypes.addressof(handled), ctypes.sizeof(handled), 0))
        """The ruleset in the kernel, closed by exec."""
        if self.descriptor < 0:
            raise _error("landlock_create_ruleset")
        try:
            self.allow(read, write)
        except BaseException:
            self.close()
            raise

    def allow(self, read: Iterable[str] = (), write: Iterable[str] = ()) -> None:
        """Add what can be read and started, and what can be changed too: files, or directories and all below them.

        The ruleset is the same in all processes that forked with it: what one
        adds for itself, it adds for the others that have not restricted
        themselves yet.
        """
        for path in read:
            self._add(path, _READ)
        for path in write:
            self._add(path, _WRITE)

    def restrict(self) -> None:
        """Confine the calling thread and all that it will start, for good. Needs `capabilities.no_new_privileges`."""
        if _syscall(_RESTRICT, self.descriptor, 0, None, 0) != 0:
            raise _error("landlock_restrict_self")

    def close(self) -> None:
        """Let go of the ruleset; who is confined by it stays so."""
        os.close(self.descriptor)

    def _add(self, path: str, allowed: int) -> None:
        directory = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(directory).st_mode):
                allowed &= _OF_A_FILE
            _beneath.allowed, _beneath.directory = allowed & self._known, directory
            if _syscall(_ADD, self.descriptor, _PATH_BENEATH, _BENEATH, 0) != 0:
                raise _error(f"landlock_add_rule {path}")
        finally:
            os.close(directory)


def _files(version: int) -> int:
    """Return the rights over files that a version knows."""
    known = _REFER - 1
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _CONTROL_DEVICE)):
        if version >= since:
            known |= right
    return known


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
