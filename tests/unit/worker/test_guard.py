"""The guard is told what is used and says which limit is reached, and how soon to look again."""

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.guard import IDLE_PAUSE, LOOKING_PAUSE, RUNNING_PAUSE, SHORT_PAUSE, SHORTEST_PAUSE, Breach, Guard
from sagews.worker.usage import Usage

GIB = 1 << 30
LIMITS = pb.Limits(session_cpu_time=1000, memory=GIB, processes=10, threads=20)


def test_the_processor_time_of_an_evaluation_is_what_was_used_since_it_began() -> None:
    guard = Guard(LIMITS, kept_by_system=True)
    guard.begin(100.0, cpu_time=5.0)
    assert guard.judge(Usage(cpu_seconds=104.9)) is None
    assert guard.judge(Usage(cpu_seconds=105.0)) is Breach.EVALUATION_CPU_TIME
    assert guard.end(106.0) == 6.0
    assert guard.judge(Usage(cpu_seconds=200.0)) is None


def test_the_processor_time_of_a_session_counts_between_evaluations_too() -> None:
    assert Guard(LIMITS, kept_by_system=True).judge(Usage(cpu_seconds=1000.0)) is Breach.SESSION_CPU_TIME


def test_what_the_system_keeps_is_judged_only_where_it_does_not() -> None:
    looking, counting = Guard(LIMITS, kept_by_system=False), Guard(LIMITS, kept_by_system=True)
    for usage, breach in ((Usage(memory=GIB), Breach.MEMORY), (Usage(threads=21), Breach.PROCESSES)):
        assert looking.judge(usage) is breach
        assert counting.judge(usage) is None


def test_as_many_processes_as_allowed_are_allowed() -> None:
    guard = Guard(LIMITS, kept_by_system=True)
    assert guard.judge(Usage(processes=10)) is None
    assert guard.judge(Usage(processes=11)) is Breach.PROCESSES


def test_some_forks_may_fail_but_not_without_end() -> None:
    guard = Guard(LIMITS, kept_by_system=True)
    assert [guard.judge(Usage(failed_forks=failed)) for failed in (50, 50, 100, 150, 155)] == [None] * 5
    assert [guard.judge(Usage(failed_forks=failed)) for failed in (200, 300, 400)] == [None, None, Breach.PROCESSES]


def test_no_limit_is_never_reached() -> None:
    guard = Guard(pb.Limits(), kept_by_system=False)
    guard.begin(0.0, cpu_time=0.0)
    assert guard.judge(Usage(cpu_seconds=1e9, memory=1 << 60, processes=10**6, threads=10**6)) is None


def test_where_nothing_happens_it_looks_less_and_less_often() -> None:
    guard = Guard(LIMITS, kept_by_system=True)
    pauses = []
    guard.begin(0.0, cpu_time=0.0)
    guard.judge(Usage())
    pauses.append(guard.pause())
    guard.end(0.0)
    for _ in range(4):
        guard.judge(Usage())
        pauses.append(guard.pause())
    assert pauses == [RUNNING_PAUSE, 2.0, 4.0, IDLE_PAUSE, IDLE_PAUSE]


def test_where_much_is_used_it_looks_more_often() -> None:
    guard = Guard(LIMITS, kept_by_system=False)
    guard.begin(0.0, cpu_time=0.0)
    guard.judge(Usage())
    assert guard.pause() == LOOKING_PAUSE
    guard.judge(Usage(processes=6))
    assert guard.pause() == SHORTEST_PAUSE
    guard.judge(Usage(memory=GIB // 2))
    assert guard.pause() == SHORTEST_PAUSE
    guard.judge(Usage(memory=GIB // 2 + 1))
    assert guard.pause() == SHORT_PAUSE


def test_it_looks_before_processor_time_can_be_used_up() -> None:
    guard = Guard(pb.Limits(), kept_by_system=True)
    guard.begin(0.0, cpu_time=0.2)
    guard.judge(Usage(cpu_seconds=0.1))
    assert SHORTEST_PAUSE <= guard.pause() <= 0.1
