"""What a user runs is ended whatever its parent, and nothing of anybody else's is."""

import ctypes
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from sagews.session import user_processes
from tests.processes import wait_until
from tests.unit.session.forks import in_fork

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root ends what others run")
FIRST = 6_400_000 + os.getpid() % 1000 * 4
ONE, OTHER = FIRST, FIRST + 1


def run_as(user: int, act: Callable[[], object]) -> int:
    """Fork a process that becomes a user and does something; return its id."""
    ready, told = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setresuid(user, user, user)
            os.write(told, b"x")
            act()
        finally:
            os._exit(0)
    os.close(told)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    return pid


def sleep() -> None:
    time.sleep(60)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    user_processes.kill_all([ONE, OTHER], 5)
    assert not user_processes.found(ONE) and not user_processes.found(OTHER)


def how_it_ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_all_that_a_user_runs_is_found_and_ended_and_nothing_of_others() -> None:
    mine, others = [run_as(ONE, sleep) for _ in range(3)], run_as(OTHER, sleep)
    assert sorted(user_processes.found(ONE)) == sorted(mine)
    assert user_processes.kill(ONE)
    assert [how_it_ended(pid) for pid in mine] == [-signal.SIGKILL] * 3
    assert not user_processes.kill(ONE), "nothing is left"
    assert user_processes.found(OTHER) == [others] and os.waitpid(others, os.WNOHANG) == (0, 0)
    os.kill(others, signal.SIGKILL)
    os.waitpid(others, 0)


def test_who_has_ended_counts_only_for_who_asks() -> None:
    pid = run_as(ONE, lambda: None)
    wait_until(lambda: not user_processes.found(ONE), 5, "it has ended")
    assert user_processes.found(ONE, dead=True) == [pid]
    os.waitpid(pid, 0)


def test_a_process_lives_whose_first_thread_has_ended() -> None:
    def act() -> None:
        import threading

        threading.Thread(target=sleep).start()
        ctypes.CDLL(None).pthread_exit(None)

    pid = run_as(ONE, act)

    def state() -> str:
        with open(f"/proc/{pid}/status") as status:
            return next(line for line in status if line.startswith("State:"))

    wait_until(lambda: "Z" in state(), 5, "its first thread has ended")
    assert user_processes.found(ONE) == [pid]
    user_processes.kill_all([ONE], 5)
    assert how_it_ended(pid) == -signal.SIGKILL


def test_daemons_that_fork_without_end_are_ended() -> None:
    def act() -> None:
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                while True:
                    if os.fork():
                        os._exit(0)

    pid = run_as(ONE, act)
    os.waitpid(pid, 0)
    assert user_processes.found(ONE)
    user_processes.kill_all([ONE], 10)
    assert not user_processes.found(ONE)


def test_the_user_cannot_reach_who_ends_it() -> None:
    def act() -> list[str]:
        killer = os.getpid()
        tried = run_as(ONE, lambda: _try_to_stop(killer, results[1]))
        user_processes._become(ONE)
        os.write(go[1], b"x")
        found = os.read(results[0], 100).decode()
        os.kill(tried, signal.SIGKILL)
        return found.split()

    def _try_to_stop(killer: int, told: int) -> None:
        os.read(go[0], 1)
        found = []
        for number in (signal.SIGSTOP, signal.SIGKILL, 0):
            try:
                os.kill(killer, number)
                found.append("reached")
            except PermissionError:
                found.append("refused")
        os.write(told, " ".join(found).encode())
        sleep()

    results, go = os.pipe(), os.pipe()
    assert in_fork(act) == ["refused"] * 3
    for fd in (*results, *go):
        os.close(fd)


def test_who_ends_a_user_keeps_no_right() -> None:
    def act() -> list[int]:
        from sagews.session import capabilities

        user_processes._become(ONE)
        status = capabilities.status()
        return [status.effective, status.permitted, *os.getgroups()]

    assert in_fork(act) == [0, 0]


def test_who_has_no_room_to_look_does_not_say_that_nothing_is_there() -> None:
    def act() -> bool:
        least = os.open("/", os.O_RDONLY)
        os.close(least)
        resource.setrlimit(resource.RLIMIT_NOFILE, (least, least))
        return user_processes.kill(ONE)

    pid = run_as(ONE, sleep)
    assert in_fork(act) is True
    assert how_it_ended(pid) == -signal.SIGKILL
    assert in_fork(act) is True, "nobody knows"
