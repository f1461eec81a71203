"""Linux's calls for namespaces and mounts that Python 3.11 does not have: unshare(2), setns(2), mount(2) and their kin.

Every function raises OSError that names its call. The functions that a forked
session calls (`enter`, `leave_user_namespace`) make nothing but the call.
"""

import ctypes
import os

from sagews.session import family

NEW_MOUNTS = 0x0002_0000
NEW_CGROUPS = 0x0200_0000
NEW_HOSTNAME = 0x0400_0000
NEW_IPC = 0x0800_0000
NEW_USERS = 0x1000_0000
NEW_PROCESSES = 0x2000_0000
NEW_NETWORK = 0x4000_0000
"""Flags of clone(2), as <sched.h> has them."""

READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS, NO_ATIME = 1, 2, 4, 8, 1024
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
"""Flags of mount(2), as <sys/mount.h> has them."""
DETACH = 2
"""Flag of umount2(2)."""

_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]
_libc.unshare.argtypes = [ctypes.c_int]
_libc.setns.argtypes = [ctypes.c_int, ctypes.c_int]


def unshare(flags: int) -> None:
    """Leave namespaces for new ones. With NEW_PROCESSES the next child is the first process of its own."""
    if _libc.unshare(flags) != 0:
        raise _error("unshare")


def enter(descriptor: int, flags: int) -> None:
    """Enter the namespaces named by the flags: of a process, by its pidfd, or one that is open itself."""
    if _libc.setns(descriptor, flags) != 0:
        raise _error("setns")


def enter_new_user_namespace() -> None:
    """Make a user namespace in which this process is who it was before, with every right over what it makes inside."""
    uid, gid = os.geteuid(), os.getegid()
    unshare(NEW_USERS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        # One write, as user_namespaces(7) demands.
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def go_on_inside(user_namespace: int, process_namespace: int) -> None:
    """Go on as a child in these namespaces; the process that called only waits for it, and ends as it does."""
    enter(user_namespace, NEW_USERS)
    enter(process_namespace, NEW_PROCESSES)
    go_on_as_child()


def go_on_in_new() -> None:
    """Go on as the first process of a process namespace, in a user namespace too; the caller waits for it."""
    enter_new_user_namespace()
    unshare(NEW_PROCESSES)
    go_on_as_child()


def go_on_as_child() -> None:
    """Return in a child only, which ends when its parent does; the parent waits and ends with the same status."""
    if (pid := os.fork()) == 0:
        family.die_with_parent()
        return
    _pid, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def mount(kind: str, target: str, flags: int, options: str = "") -> None:
    """Mount a new file system of this kind."""
    if _libc.mount(kind.encode(), os.fsencode(target), kind.encode(), flags, options.encode()) != 0:
        raise _error("mount", target)


def bind(source: str, target: str, flags: int = 0) -> None:
    """Show a file or directory at another place too; RECURSIVE takes along what is mounted in it."""
    if _libc.mount(os.fsencode(source), os.fsencode(target), None, BIND | flags, None) != 0:
        raise _error("mount", target)


def make_private(path: str = "/") -> None:
    """Let no mount here reach another namespace, nor the other way round."""
    if _libc.mount(b"none", os.fsencode(path), None, RECURSIVE | PRIVATE, None) != 0:
        raise _error("mount", path)


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def restrict(path: str, flags: int, *, recursive: bool = True) -> None:
    """Add READ_ONLY, NO_SETUID, NO_DEVICES or NO_PROGRAMS to a mount (mount_setattr(2) has the same values)."""
    attributes = _MountAttributes(attr_set=flags)
    call = _libc.syscall
    where = os.fsencode(path)
    if call(_SYS_MOUNT_SETATTR, _AT_FDCWD, where, _AT_RECURSIVE if recursive else 0, ctypes.byref(attributes), 32) != 0:
        raise _error("mount_setattr", path)


def unmount(path: str) -> None:
    """Take a mount away; what still uses it keeps it."""
    if _libc.umount2(os.fsencode(path), DETACH) != 0:
        raise _error("umount2", path)


def change_root(path: str) -> None:
    """Make the mount at `path` the root, and let go of the old one (pivot_root(2), the way with one directory)."""
    os.chdir(path)
    if _libc.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b".") != 0:
        raise _error("pivot_root", path)
    unmount(".")
    os.chdir("/")


def _error(call: str, path: str = "") -> OSError:
    number = ctypes.get_errno()
    where = f"{call} {path}" if path else call
    return OSError(number, f"{where}: {os.strerror(number)}")
