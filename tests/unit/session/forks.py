"""What a forked process did, for tests of what cannot be undone: walls, rights.

assert in_fork(lambda: os.getuid()) == os.getuid()
"""

import ctypes
import json
import os
import resource
import select
import signal
import traceback
from collections.abc import Callable
from typing import Any

DEADLINE = 30.0

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.argtypes = [ctypes.c_long] * 7
_libc.syscall.restype = ctypes.c_long


class KilledError(Exception):
    """The fork was ended by this signal."""


def in_fork(act: Callable[[], Any]) -> Any:
    """Return what the function returned in a fork, by way of JSON; raise AssertionError with what it raised there."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            answer = {"value": act()}
        except BaseException:
            answer = {"raised": traceback.format_exc()}
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        if not select.select([pipe], [], [], DEADLINE)[0]:
            os.kill(pid, signal.SIGKILL)
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status < 0:
        raise KilledError(signal.Signals(-status).name)
    answer = json.loads(text)
    assert "value" in answer, answer["raised"]
    return answer["value"]


def call(number: int, *arguments: int) -> int:
    """Make a system call; return the error, or 0."""
    ctypes.set_errno(0)
    result = _libc.syscall(number, *arguments, *[0] * (6 - len(arguments)))
    return ctypes.get_errno() if result == -1 else 0


def error_of(act: Callable[[], object]) -> int:
    """Return the number of the OSError that the function raised, or 0."""
    try:
        act()
    except OSError as error:
        return error.errno or -1
    return 0
