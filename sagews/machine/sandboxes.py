"""Trials of what a sandbox is made of: namespaces and file systems. Each runs in a process of its own.

With root they are made as they are; any other user makes a user namespace
first, in which it has the rights for it.
"""

import ctypes
import errno
import os
import secrets
import select
import signal
import socket
import time
from collections.abc import Callable

from sagews.machine.rights import become_stranger
from sagews.machine.trial import MissingError

GONE_WITHIN = 2.0
"""Seconds in which the processes of a namespace are gone after its first one."""

_SIZE, _INODES = 1 << 20, 64
_SHOWN = {"lo"}


def user_namespaces() -> str:
    """Have an ordinary user gain rights inside a namespace."""
    from sagews.session import capabilities, namespaces

    become_stranger()
    namespaces.enter_new_user_namespace()
    capabilities.prepare()
    if not capabilities.held() >> 21 & 1:
        raise MissingError("it gives no rights")
    # Some systems give the rights and then refuse their use (AppArmor's restriction of user namespaces).
    namespaces.unshare(namespaces.NEW_MOUNTS)
    namespaces.make_private()
    return "an ordinary user can make them, and has rights inside"


def gain_rights() -> None:
    """Have what the other trials here need, for a user other than root."""
    if os.geteuid() != 0:
        from sagews.session import namespaces

        namespaces.enter_new_user_namespace()


def processes() -> str:
    """Be the first process of a namespace, in which nobody else is seen; its end is the end of all others."""
    from sagews.session import namespaces

    gain_rights()
    namespaces.unshare(namespaces.NEW_PROCESSES)
    alive, held = os.pipe()
    said, say = os.pipe()
    if (first := os.fork()) == 0:
        os.write(say, str(os.getpid()).encode())
        if os.fork() == 0:
            # Far away from its ancestors, and deaf.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.setsid()
            if os.fork() == 0:
                os.write(say, b"!")
                time.sleep(60)
            os._exit(0)
        time.sleep(60)
        os._exit(0)
    os.close(held)
    os.close(say)
    heard = b""
    while not heard.endswith(b"!"):
        if not (data := os.read(said, 10)):
            raise MissingError("its processes ended")
        heard += data
    if heard != b"1!":
        raise MissingError("the first process is not number 1")
    os.kill(first, signal.SIGKILL)
    if not select.select([alive], [], [], GONE_WITHIN)[0]:
        raise MissingError("processes outlive the first one of their namespace")
    return "a session sees its own processes only; the kernel kills them all when its first one ends"


def mounts() -> str:
    """Mount something that nobody else sees."""
    from sagews.session import namespaces

    gain_rights()
    _leave("mnt", namespaces.NEW_MOUNTS)
    namespaces.make_private()
    place = "/mnt" if os.path.isdir("/mnt") else "/media"
    namespaces.mount("tmpfs", place, namespaces.NO_SETUID | namespaces.NO_DEVICES, "size=64k")
    if os.listdir(place):
        raise MissingError("a new file system is not empty")
    return "a session has a file system tree of its own"


def messages() -> str:
    """Make a shared segment and lose sight of it."""
    from sagews.session import namespaces

    gain_rights()
    _leave("ipc", namespaces.NEW_IPC)
    # Made in a namespace that is thrown away too, so that nothing can be left of it.
    libc = ctypes.CDLL(None, use_errno=True)
    key = secrets.randbelow(1 << 30) + 1
    if libc.shmget(key, 4096, 0o1600) < 0:  # IPC_CREAT
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    namespaces.unshare(namespaces.NEW_IPC)
    if libc.shmget(key, 4096, 0) >= 0:
        raise MissingError("shared memory of others is seen")
    return "shared memory and message queues are a session's own"


def hostname() -> str:
    """Take another name, which others do not see."""
    from sagews.session import namespaces

    gain_rights()
    _leave("uts", namespaces.NEW_HOSTNAME)
    name = socket.gethostname()
    before = os.open("/proc/self/ns/uts", os.O_RDONLY)
    namespaces.unshare(namespaces.NEW_HOSTNAME)
    socket.sethostname("doctor")
    namespaces.enter(before, namespaces.NEW_HOSTNAME)
    if socket.gethostname() != name:
        raise MissingError("a new name is seen by others")
    return "a session has a host name of its own"


def network() -> str:
    """Leave the network, and fail to reach a server of this machine."""
    from sagews.session import namespaces

    gain_rights()
    with socket.socket() as listener, socket.socket() as before:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        before.connect(listener.getsockname())
        _leave("net", namespaces.NEW_NETWORK)
        with socket.socket() as caller:
            if caller.connect_ex(listener.getsockname()) == 0:
                raise MissingError("servers of this machine are reached")
    with open("/proc/self/net/dev") as lines:
        seen = {line.partition(":")[0].strip() for line in lines if ":" in line}
    if seen - _SHOWN:
        raise MissingError(f"devices are seen: {', '.join(sorted(seen - _SHOWN))}")
    return "a session can be kept off the network, and off this machine's own servers"


def cgroup_names() -> str:
    """Lose sight of where one's cgroups are."""
    from sagews.session import namespaces

    gain_rights()
    _leave("cgroup", namespaces.NEW_CGROUPS)
    with open("/proc/self/cgroup") as lines:
        paths = {line.rstrip("\n").split(":", 2)[2] for line in lines}
    if paths - {"/"}:
        raise MissingError(f"other cgroups are seen: {', '.join(sorted(paths))}")
    return "a session does not see the machine's cgroups"


def shown_root() -> str:
    """Live in a root directory that shows what is chosen, and fail to change it."""
    _build_root()
    _refused("/usr", errno.EROFS)
    _refused("/etc", errno.EROFS)
    for hidden in ("/etc/shadow", "/root", "/var/log", "/sys"):
        if os.path.exists(hidden):
            raise MissingError(f"{hidden} is seen")
    return "a session sees programs and libraries, read-only, and nothing else of this machine"


def private_files() -> str:
    """Fill a file system to its size, and to its number of files."""
    from sagews.session import namespaces

    _build_root()
    namespaces.mount("tmpfs", "/mnt", namespaces.NO_SETUID, f"size={_SIZE},nr_inodes={_INODES}")
    _full("its size", lambda: _fill("/mnt/large", 2 * _SIZE))
    os.unlink("/mnt/large")
    _full("its number of files", _make_directories)
    return "a session's files are its own, in memory, with a limit on bytes and on their number"


def _build_root() -> None:
    from sagews.session import root

    gain_rights()
    root.build([], keep_processes=os.geteuid() != 0)


def _leave(name: str, flag: int) -> None:
    """Leave a namespace. Raises MissingError if this is the same one afterwards."""
    from sagews.session import namespaces

    before = os.stat(f"/proc/self/ns/{name}").st_ino
    namespaces.unshare(flag)
    if os.stat(f"/proc/self/ns/{name}").st_ino == before:
        raise MissingError("a new one is the same as before")


def _refused(directory: str, number: int) -> None:
    try:
        os.mkdir(f"{directory}/doctor")
    except OSError as error:
        if error.errno == number:
            return
        raise
    raise MissingError(f"{directory} can be written")


def _full(what: str, act: Callable[[], object]) -> None:
    try:
        act()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return
        raise
    raise MissingError(f"{what} is not limited")


def _make_directories() -> None:
    for number in range(2 * _INODES):
        os.mkdir(f"/mnt/{number}")


def _fill(path: str, size: int) -> None:
    with open(path, "wb", buffering=0) as file:
        for _ in range(0, size, 1 << 16):
            if file.write(bytes(1 << 16)) < 1 << 16:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
