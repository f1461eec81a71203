"""An attack: code that a session runs, what it may achieve, and which wall keeps it from more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Found = Mapping[str, Any]
"""What an attack told of itself: what it tried, and what became of it."""

PRELUDE = """
import ctypes as _ctypes, errno as _errno, json as _json, os as _os, signal as _signal
from sagews.session.syscall_numbers import MACHINE as _MACHINE, NUMBERS as _NUMBERS

class TARGET:
    locals().update(_json.loads({targets!r}))

def attempt(act, *arguments):
    'Return "done" if the call returned, or the name of what it raised.'
    try:
        act(*arguments)
        return "done"
    except OSError as error:
        return _errno.errorcode.get(error.errno or 0, type(error).__name__)
    except BaseException as error:
        return type(error).__name__

def read(path):
    with open(path, "rb", buffering=0) as file:
        file.read(64)

def write(path):
    _os.close(_os.open(path, _os.O_WRONLY))

_libc = _ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = _ctypes.c_long

def call(name, *arguments):
    'Make a system call; return "done", or the name of the error.'
    number = name if isinstance(name, int) else _NUMBERS[_MACHINE][name]
    arguments = [_ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    if _libc.syscall(_ctypes.c_long(number), *arguments) != -1:
        return "done"
    return _errno.errorcode[_ctypes.get_errno()]

def in_fork(act):
    'Return what became of a call in a child: its word, or the signal that ended it.'
    reader, writer = _os.pipe()
    if (child := _os.fork()) == 0:
        try:
            _os.write(writer, str(act()).encode())
        finally:
            _os._exit(0)
    _os.close(writer)
    with _os.fdopen(reader, "rb") as pipe:
        word = pipe.read().decode()
    status = _os.waitstatus_to_exitcode(_os.waitpid(child, 0)[1])
    return word or _signal.Signals(-status).name

def tell(**found):
    print("TOLD " + _json.dumps(found), flush=True)

"""
"""What every attack can use."""


def nothing_done(found: Found) -> bool:
    """Whether something was tried and nothing of it succeeded."""
    words = [word for value in found.values() for word in (value.values() if isinstance(value, dict) else [value])]
    return bool(words) and "done" not in words


@dataclass(frozen=True)
class Attack:
    """One row of the table."""

    number: str
    """In the list of attacks that a sandbox has to hold; the tests of a wall name it."""
    name: str
    layer: str
    """The walls that hold it, the first one first."""
    code: str
    """Runs in a session, after PRELUDE, and tells once what it achieved."""
    held: Callable[[Found], bool] = nothing_done
    tiers: str = "AB"
    """In which it is to be held."""
    lasts: float = 0.0
    """Seconds for which it goes on after it has told, until its session is closed; 0: it ends by itself."""
    may_end: bool = False
    """A limit may end its session, before it has told anything or after."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Of its session, by their names in `pb.Limits`, where they are lower than the site's."""
    ends: str = ""
    """The reason for which its session has to end."""

    def __str__(self) -> str:
        return f"{self.number}-{self.name.replace(' ', '-')}"
