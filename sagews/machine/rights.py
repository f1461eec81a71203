"""Trials of letting go of rights: users, capabilities, system calls, files. Each runs in a process of its own."""

import errno
import os
import socket

from sagews.machine.trial import STRANGER, MissingError, must_fail


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


_NEEDED = {
    "CAP_CHOWN": 0,
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
    "CAP_SETPCAP": 8,
    # For joining the namespaces of a process that has become somebody else (setns(2), ptrace(2)).
    "CAP_SYS_CHROOT": 18,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
}
"""Numbers of <linux/capability.h>."""


def user_switch() -> str:
    """Become another user, and fail to come back."""
    if os.geteuid() != 0:
        raise MissingError("only root can")
    become_stranger()
    if os.getresuid() != (STRANGER,) * 3 or os.getgroups():
        raise MissingError(f"the user is {os.getresuid()}, of groups {os.getgroups()}")
    must_fail(errno.EPERM, lambda: os.setuid(0), "becoming root again is not refused")
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
    must_fail(errno.EPERM, lambda: os.chroot("/"), "chroot is not refused")
    return "all of root's rights can be given up"


def filter_of_calls() -> str:
    """Load the filter of system calls, and fail to make calls that it refuses."""
    from sagews.session import capabilities, namespaces, seccomp

    if not seccomp.available():
        raise MissingError("this kernel does not filter system calls")
    program = seccomp.program(memory_files=True, network=False)
    capabilities.no_new_privileges()
    seccomp.load(program)
    must_fail(errno.EPERM, lambda: namespaces.unshare(namespaces.NEW_USERS), "a new user namespace is not refused")
    must_fail(errno.EAFNOSUPPORT, lambda: socket.socket(socket.AF_INET).close(), "an Internet socket is not refused")
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
        must_fail(errno.EACCES, lambda: os.listdir("/"), "a directory that is not allowed is not refused")
        if deny_tcp:
            must_fail(errno.EACCES, lambda: caller.connect(listener.getsockname()), "a TCP connection is not refused")
            covers.append("TCP")
    if version >= landlock.SCOPES_SINCE:
        must_fail(errno.EPERM, lambda: os.kill(os.getppid(), 0), "a signal to a process outside is not refused")
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
