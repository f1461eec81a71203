"""Something that is tried in a process of its own, which is thrown away afterwards with all that it changed.

Safe beside an asyncio loop: the process returns to nothing of its parent's.
Nothing here or in its neighbours imports what only Linux has, before it is
used inside a trial.
"""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

DEADLINE = 5.0
"""Seconds that a trial may take; then it is killed."""
STRANGER = 6_000_000 - 1
"""A user id that belongs to nobody: an ordinary user, for those trials that need one."""

_MAX_ANSWER = 1 << 14


class MissingError(Exception):
    """What was tried seems to work and has no effect, or this system does not have it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial."""

    works: bool
    text: str
    """What was seen, or why it failed."""


def must_fail(number: int, act: Callable[[], object], otherwise: str) -> None:
    """Do what must fail with this errno.

    Raises MissingError, with the words for it, if it does not; OSError if it fails for another reason.
    """
    try:
        act()
    except OSError as error:
        if error.errno == number:
            return
        raise
    raise MissingError(otherwise)


def attempt(act: Callable[[], str], deadline: float = DEADLINE) -> Outcome:
    """Do something in a fork of this process, which ends with it; what it returns, or raises, is the outcome."""
    try:
        reader, writer = os.pipe()
        pid = os.fork()
    except OSError as error:
        return Outcome(False, f"no process can be started for it ({error.strerror})")
    if pid == 0:
        _be_thrown_away(act, writer)
    os.close(writer)
    try:
        answer = _read(reader, time.monotonic() + deadline)
    finally:
        os.close(reader)
        # It leads a group, so that what it started and could not end goes too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
            os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    if answer:
        try:
            works, text = json.loads(answer)
            return Outcome(bool(works), str(text))
        except ValueError:
            pass
    ended = os.waitstatus_to_exitcode(status)
    if ended == -signal.SIGKILL:
        return Outcome(False, f"did not end within {deadline:.0f} s")
    return Outcome(False, f"ended the process that tried it ({ended})")


def _be_thrown_away(act: Callable[[], str], writer: int) -> None:
    try:
        _forget_the_parent()
        answer = [True, act()]
    except BaseException as error:
        answer = [False, _in_words(error)]
    with contextlib.suppress(OSError):
        os.write(writer, json.dumps(answer).encode()[:_MAX_ANSWER] + b"\n")
    os._exit(0)


def _forget_the_parent() -> None:
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(ImportError, AttributeError, OSError):
        from sagews.session import family

        family.die_with_parent()


def _in_words(error: BaseException) -> str:
    if isinstance(error, AttributeError | ImportError):
        return f"this system does not have it ({error})"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _read(reader: int, end: float) -> bytes:
    """Return what is written until a line ends, the other side ends, or the time is over."""
    answer = b""
    while (left := end - time.monotonic()) > 0 and not answer.endswith(b"\n"):
        if not select.select([reader], [], [], left)[0]:
            break
        data = os.read(reader, _MAX_ANSWER)
        if not data:
            return answer
        answer += data
    return answer
