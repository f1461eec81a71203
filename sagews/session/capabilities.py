"""The rights of a process (capabilities(7)): letting go of all of them, and reading what is left.

`prepare` is called before a fork; what a forked process calls then makes one
system call, or as many as there are capabilities, and nothing else. All raise
OSError that names its call. Each is one-way: nobody gets back what is gone.
"""

import ctypes
import errno
import itertools
import os
from typing import NamedTuple

from sagews.session import prctl
from sagews.session.prctl import Option

_AMBIENT_IS_SET, _AMBIENT_CLEAR_ALL = 1, 4
_VERSION = 0x2008_0522  # _LINUX_CAPABILITY_VERSION_3: two words of 32 bits each


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable"))


_libc = ctypes.CDLL(None, use_errno=True)
_capset, _capget = _libc.capset, _libc.capget
_capset.argtypes = _capget.argtypes = [ctypes.c_void_p, ctypes.c_void_p]

_header = _Header(_VERSION, 0)
_none = (_Sets * 2)()
_found = (_Sets * 2)()
_HEADER, _NONE, _FOUND = map(ctypes.addressof, (_header, _none, _found))

_known: list[int] = []


def prepare() -> None:
    """Learn which capabilities this system has, for `drop_bounding`."""
    _known[:] = itertools.takewhile(_exists, itertools.count())
    held()


def _exists(capability: int) -> bool:
    try:
        prctl.ask(Option.PR_CAPBSET_READ, capability)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return False
        raise
    return True


def drop_bounding() -> None:
    """Let no program that is started from here gain a capability, whatever its file says.

    Keeps what the process itself holds, so that a process can do it once for
    all its forks. A new user namespace begins with a full set again. Needs
    CAP_SETPCAP.
    """
    if not _known:
        raise OSError(errno.EINVAL, "PR_CAPBSET_DROP: not prepared")
    for capability in _known:
        prctl.tell(Option.PR_CAPBSET_DROP, capability)


def drop_all() -> None:
    """Let go of every capability that this process holds, could take, or would hand on. For one thread only."""
    try:
        prctl.tell(Option.PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    except OSError as error:
        # A system without ambient capabilities does not know the option; `status` looks whether any are left.
        if error.errno != errno.EINVAL:
            raise
    if _capset(_HEADER, _NONE) != 0:
        raise _error("capset")


def no_new_privileges() -> None:
    """Let no program that is started from here be anybody else, set-user-ID or not."""
    prctl.tell(Option.PR_SET_NO_NEW_PRIVS, 1)


def not_dumpable() -> None:
    """Let no other process of this user look into this one's memory, descriptors or environment.

    A started program begins dumpable again.
    """
    prctl.tell(Option.PR_SET_DUMPABLE, 0)


def dumpable() -> None:
    """Let this process look at itself again, at /proc/self/fd for one; a change of user had forbidden it."""
    prctl.tell(Option.PR_SET_DUMPABLE, 1)


def held() -> int:
    """Return the capabilities in effect, a bit for each."""
    if _capget(_HEADER, _FOUND) != 0:
        raise _error("capget")
    return int(_found[0].effective) | int(_found[1].effective) << 32


class Status(NamedTuple):
    """What the system says of a process's rights; capabilities are a bit for each."""

    users: tuple[int, ...]
    """Real, effective, saved and for files."""
    groups: tuple[int, ...]
    """The same four of the group."""
    more_groups: tuple[int, ...]
    inheritable: int
    permitted: int
    effective: int
    bounding: int
    ambient: int
    no_new_privileges: bool
    seccomp: int
    """2: behind a filter."""


def status() -> Status:
    """Read one's own /proc/self/status; where that has no line for something, ask the system itself."""
    descriptor = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = os.read(descriptor, 1 << 14)
    finally:
        os.close(descriptor)
    return Status(
        users=tuple(map(int, _field(text, b"Uid").split())),
        groups=tuple(map(int, _field(text, b"Gid").split())),
        more_groups=tuple(map(int, _field(text, b"Groups").split())),
        inheritable=int(_field(text, b"CapInh"), 16),
        permitted=int(_field(text, b"CapPrm"), 16),
        effective=int(_field(text, b"CapEff"), 16),
        bounding=int(_field(text, b"CapBnd"), 16),
        ambient=int(_field(text, b"CapAmb"), 16) if b"\nCapAmb:" in text else _ambient(),
        no_new_privileges=(
            _field(text, b"NoNewPrivs") == b"1"
            if b"\nNoNewPrivs:" in text
            else prctl.ask(Option.PR_GET_NO_NEW_PRIVS) == 1
        ),
        seccomp=int(_field(text, b"Seccomp")),
    )


def _ambient() -> int:
    """Return the ambient capabilities; none where the system does not know of any."""
    found = 0
    for capability in itertools.takewhile(_exists, itertools.count()):
        try:
            found |= prctl.ask(Option.PR_CAP_AMBIENT, _AMBIENT_IS_SET, capability) << capability
        except OSError as error:
            if error.errno == errno.EINVAL:
                return 0
            raise
    return found


def _field(text: bytes, name: bytes) -> bytes:
    """Find one line; in a fork this copies fewer pages than taking all lines apart."""
    start = text.find(b"\n%b:\t" % name)
    if start < 0:
        raise OSError(errno.ENODATA, f"/proc/self/status: there is no {name.decode()}")
    return text[start + len(name) + 3 : text.index(b"\n", start + 1)]


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
