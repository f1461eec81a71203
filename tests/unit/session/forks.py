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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sagews.session import prctl

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


@contextmanager
def coming_again(user: int) -> Iterator[None]:
    """Have processes of a user that cannot be ended for good: root starts others for them. Needs root."""
    spawners = [_spawner(user) for _ in range(3)]
    try:
        yield
    finally:
        for pid in spawners:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)


def _spawner(user: int) -> int:
    ready, told = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
            os.setpriority(os.PRIO_PROCESS, 0, -20)
            while True:
                if (each := os.fork()) == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                    os.setresuid(user, user, user)
                    prctl.tell(prctl.Option.PR_SET_PDEATHSIG, signal.SIGKILL)  # Forgotten with a change of user.
                    with suppress(BrokenPipeError):
                        os.write(told, b"x")  # Read once.
                    signal.pause()
                os.waitpid(each, 0)
        finally:
            os._exit(0)
    os.close(told)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    return pid


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
