"""What users have left is ended while others have their turn, and what cannot be ended is waited for no longer."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator

import pytest

from sagews.session import user_processes
from sagews.worker import by_user
from sagews.worker.sweeper import Sweeper
from tests.unit.session.forks import coming_again

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root ends what others run")
FIRST = 6_600_000 + os.getpid() % 1000 * 16
MANY = range(FIRST, FIRST + 16)


@pytest.fixture
def sleepers() -> Iterator[list[int]]:
    pids = [_sleep_as(user) for user in MANY]
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _sleep_as(user: int) -> int:
    return os.posix_spawn(
        "/usr/bin/setpriv", ["setpriv", f"--reuid={user}", "--clear-groups", "sleep", "60"], os.environ
    )


async def test_many_users_are_swept_in_steps_and_each_is_told_of(sleepers: list[int]) -> None:
    async with asyncio.timeout(10):
        while len({user for user in MANY if user_processes.found(user)}) < len(MANY):
            await asyncio.sleep(0.02)
    sweeper, told, turns = Sweeper(), [], 0
    for user in MANY:
        sweeper.sweep(user, lambda user=user: told.append(user))
    async with asyncio.timeout(20):
        while len(told) < len(MANY):
            await asyncio.sleep(0)
            turns += 1
    assert sorted(told) == list(MANY) and not any(map(user_processes.found, MANY))
    assert turns > len(MANY) * 3, "each step is a turn of its own"


async def test_a_session_that_cannot_be_ended_is_told_of_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_user, "DEADLINE", 0.5)
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    with coming_again(FIRST):
        begun = time.monotonic()
        grip = by_user.ByUser(FIRST, lambda number, group: None, Sweeper())
        grip.inherit(ended.set_result)
        async with asyncio.timeout(10):
            assert await ended == signal.SIGKILL
        assert time.monotonic() - begun >= 0.5
        grip.close()


async def test_a_user_that_is_forgotten_is_left_alone() -> None:
    sweeper, told = Sweeper(), []
    sweeper.sweep(FIRST, lambda: told.append(FIRST))
    sweeper.forget(FIRST)
    await asyncio.sleep(0.2)
    assert not told
