"""A trial: what it returns, raises, or does not survive, becomes its outcome; nothing of it is left."""

import ctypes
import errno
import os
import signal
import time

import pytest

from sagews.machine.trial import MissingError, Outcome, attempt


def fail(error: BaseException) -> str:
    raise error


def test_what_it_returns_is_the_outcome() -> None:
    assert attempt(lambda: "all is well") == Outcome(True, "all is well")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MissingError("it has no effect"), "it has no effect"),
        (OSError(errno.EPERM, "unshare: Operation not permitted"), "unshare: Operation not permitted"),
        (OSError(errno.ENOENT, "No such file or directory", "/nowhere"), "/nowhere: No such file or directory"),
        (AttributeError("no pidfd_open"), "this system does not have it (no pidfd_open)"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_what_it_raises_is_why_it_fails(error: BaseException, words: str) -> None:
    assert attempt(lambda: fail(error)) == Outcome(False, words)


def test_one_that_hangs_is_ended() -> None:
    start = time.monotonic()
    assert attempt(lambda: str(time.sleep(60)), deadline=0.3) == Outcome(False, "did not end within 0 s")
    assert time.monotonic() - start < 5


def test_one_that_dies_takes_nobody_along() -> None:
    def die() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return ""

    assert attempt(die) == Outcome(False, f"ended the process that tried it ({-signal.SIGTERM})")


def test_what_it_started_is_ended_too() -> None:
    def start() -> str:
        if (child := os.fork()) == 0:
            time.sleep(60)
        raise MissingError(str(child))

    child = int(attempt(start, deadline=0.5).text)
    end = time.monotonic() + 5
    while alive(child):
        assert time.monotonic() < end


def alive(pid: int) -> bool:
    """Whether a process lives, zombies not counted."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_it_changes_is_thrown_away() -> None:
    before = (os.getcwd(), os.umask(0o022), os.getpid())
    os.umask(before[1])

    def change() -> str:
        os.chdir("/")
        os.umask(0o777)
        ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
        return f"{os.getpid()}"

    assert attempt(change).text != str(before[2])
    assert os.getcwd() == before[0]
    with open("/proc/self/status") as status:
        assert "NoNewPrivs:\t0" in status.read()


def test_a_long_answer_is_no_answer() -> None:
    assert not attempt(lambda: "x" * (1 << 20)).works
