"""Trials of letting go of rights: users, capabilities, system calls, files. Each runs in a process of its own."""

import errno
import os
import socket
from collections.abc import Callable

from sagews.machine.trial import STRANGER, MissingError


def become_stranger() -> None:
    """Become an ordinary user that owns nothing, if this is root; the process keeps sight of itself."""
    if os.geteuid() != 0:
        return
    from sagews.session import capabilities

    os.setgroups([])
    os.setresgid(STRANGER, STRANGER, STRANGER)
    os.setresuid(STRANGER, STRANGER, STRANGER)
    capabilities.dumpable()


def root() -> str:
    """Tell whether this is root with the rights that sandboxes need."""
    if os.geteuid() != 0:
        raise MissingError(f"runs as user {os.getuid()}")
    from sagews.session import capabilities

    held = capabilities.held()
    missing = [name for name, number in _NEEDED.items() if not held >> number & 1]
    if missing:
        raise MissingError(f"root without {', '.join(missing)}")
    return "runs as root, with the rights that sandboxes need"


_NEEDED = {"CAP_CHOWN": 0, "CAP_SETGID": 6, "CAP_SETUID": 7, "CAP_SETPCAP": 8, "CAP_SYS_ADMIN": 21}
"""Numbers of <linux/capability.h>."""


def user_switch() -> str:
    """Become another user, and fail to come back."""
    if os.geteuid() != 0:
        raise MissingError("only root can")
    become_stranger()
    if os.getresuid() != (STRANGER,) * 3 or os.getgroups():
        raise MissingError(f"the user is {os.getresuid()}, of groups {os.getgroups()}")
    _refused(errno.EPERM, "becoming root again", lambda: os.setuid(0))
    return "sessions can have users of their own, from which there is no way back"


def no_new_privileges() -> str:
    """Refuse what set-user-ID programs give."""
    from sagews.session import capabilities

    capabilities.no_new_privileges()
    if not capabilities.status().no_new_privileges:
        raise MissingError("new privileges can be had")
    return "no program can gain rights, set-user-ID or not"


def no_capabilities() -> str:
    """Let go of all of root's rights, and fail to use one."""
    from sagews.session import capabilities

    capabilities.prepare()
    if os.geteuid() == 0:
        capabilities.drop_bounding()
    capabilities.drop_all()
    status = capabilities.status()
    if status.effective or status.permitted or status.inheritable or status.ambient:
        raise MissingError("capabilities are left")
    _refused(errno.EPERM, "chroot", lambda: os.chroot("/"))
    return "all of root's rights can be given up"


def filter_of_calls() -> str:
    """Load the filter of system calls, and fail to make calls that it refuses."""
    from sagews.session import capabilities, namespaces, seccomp

    if not seccomp.available():
        raise MissingError("this kernel does not filter system calls")
    program = seccomp.program(memory_files=True, network=False)
    capabilities.no_new_privileges()
    seccomp.load(program)
    _refused(errno.EPERM, "a new user namespace", lambda: namespaces.unshare(namespaces.NEW_USERS))
    _refused(errno.EAFNOSUPPORT, "an Internet socket", lambda: socket.socket(socket.AF_INET).close())
    return "what sessions have no use for is refused: namespaces, mounts, tracing, the Internet"


def landlock() -> str:
    """Confine to one directory, and fail to look at another; the same for TCP and signals, where it covers them."""
    from sagews.session import capabilities, landlock

    version = landlock.available()
    if not version:
        raise MissingError("this kernel has no Landlock, or it is switched off")
    covers = ["files"]
    deny_tcp = version >= landlock.TCP_SINCE
    with socket.socket() as listener, socket.socket() as caller:
        listener.bind(("127.0.0.1", 0))
        ruleset = landlock.Ruleset(["/usr"], deny_tcp=deny_tcp)
        capabilities.no_new_privileges()
        ruleset.restrict()
        os.listdir("/usr")
        _refused(errno.EACCES, "a directory that is not allowed", lambda: os.listdir("/"))
        if deny_tcp:
            _refused(errno.EACCES, "a TCP connection", lambda: caller.connect(listener.getsockname()))
            covers.append("TCP")
    if version >= landlock.SCOPES_SINCE:
        _refused(errno.EPERM, "a signal to a process outside", lambda: os.kill(os.getppid(), 0))
        covers.append("signals and abstract sockets")
    lacks = [word for word in ("TCP", "signals and abstract sockets") if word not in covers]
    return f"ABI {version}: {', '.join(covers)}" + (f"; not {', '.join(lacks)}" if lacks else "")


def readable_by_strangers(path: str) -> str:
    """Open an interpreter as an ordinary user would."""
    real = os.path.realpath(path)
    named = path if path == real else f"{path}, which is {real}"
    become_stranger()
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        raise MissingError(f"{named}: {error.strerror}") from error
    return f"any user can start {named}"


def other_processes() -> str:
    """Tell whether an ordinary user sees other users' processes."""
    become_stranger()
    return "seen by every user" if "1" in os.listdir("/proc") else "hidden from each other"


def _refused(number: int, what: str, act: Callable[[], object]) -> None:
    """Do what must not work. Raises MissingError if it does; OSError if it fails for another reason."""
    try:
        act()
    except OSError as error:
        if error.errno == number:
            return
        raise
    raise MissingError(f"{what} is not refused")
