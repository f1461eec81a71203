"""Why a session ended: what it was ended for, or how its main process ended by itself."""

import signal

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.ending import Ending
from sagews.worker.usage import Usage

LIMITS = pb.Limits(memory=1 << 30, session_cpu_time=60, processes=5)


def ended(
    ending: Ending,
    exit_status: int | None = None,
    killed_by: int | None = None,
    *,
    for_memory: bool = False,
    unstoppable: bool = False,
) -> pb.Ended:
    usage = Usage(cpu_seconds=1.5, memory_peak=99)
    return ending.ended(exit_status, killed_by, usage, for_memory=for_memory, unstoppable=unstoppable)


def test_the_first_reason_stays() -> None:
    ending = Ending(LIMITS)
    assert not ending.has_begun
    ending.begin(pb.SESSION_REASON_MEMORY)
    ending.begin(pb.SESSION_REASON_CLOSED)
    assert ending.has_begun
    told = ended(ending, killed_by=signal.SIGKILL, unstoppable=True)
    assert told.reason == pb.SESSION_REASON_MEMORY
    assert told.text == "The session was killed: it used more than 1 GiB of memory, its limit. Its variables are gone."
    assert (told.cpu_seconds, told.memory_peak) == (1.5, 99)


@pytest.mark.parametrize(
    ("killed_by", "for_memory", "reason", "status"),
    [
        (signal.SIGKILL, True, pb.SESSION_REASON_MEMORY, 0),
        (signal.SIGKILL, False, pb.SESSION_REASON_KILLED, 9),
        (signal.SIGSEGV, True, pb.SESSION_REASON_KILLED, 11),
        (signal.SIGXCPU, False, pb.SESSION_REASON_CPU_TIME, 0),
        (None, False, pb.SESSION_REASON_KILLED, 9),
    ],
)
def test_a_signal_tells_why(killed_by: int | None, for_memory: bool, reason: int, status: int) -> None:
    told = ended(Ending(LIMITS), killed_by=killed_by, for_memory=for_memory)
    assert (told.reason, told.status) == (reason, status)


def test_an_exit_is_told_with_its_status() -> None:
    told = ended(Ending(LIMITS), exit_status=3)
    assert (told.reason, told.status) == (pb.SESSION_REASON_EXITED, 3)


def test_what_did_not_stop_is_told_so() -> None:
    assert "did not stop" in ended(Ending(LIMITS), killed_by=signal.SIGQUIT, unstoppable=True).text


def test_processes_are_told_with_both_limits() -> None:
    ending = Ending(LIMITS)
    ending.begin(pb.SESSION_REASON_PROCESSES)
    assert "(5 and any number)" in ended(ending, killed_by=9).text
