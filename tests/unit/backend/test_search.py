"""The search for a session: when it is over, and how."""

import asyncio
from pathlib import Path

import pytest

from sagews.backend import search
from sagews.backend.search import Search
from sagews.backend.worker import Worker
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.service.dialer import Dialer


class Session:
    """What is searched for."""

    def __init__(self, *answers: bool | ServiceError) -> None:
        self.answers = list(answers)

    async def attach(self) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, ServiceError):
            raise answer
        return answer

    def search(self, folder: Path, grace: float = 30.0) -> tuple[Search, Worker]:
        worker = Worker(Dialer(Site(), folder / "w1.sock"), "b1", 0)
        return Search("w1-a", worker, grace, self.attach), worker


AWAY = ServiceError("is away", "worker")


async def test_it_is_found_at_the_first_attempt_or_a_later_one(tmp_path: Path) -> None:
    for session in (Session(True), Session(AWAY, AWAY, True)):
        assert await asyncio.wait_for(session.search(tmp_path)[0].run(), 5)
        assert not session.answers


async def test_the_worker_does_not_know_it(tmp_path: Path) -> None:
    assert not await asyncio.wait_for(Session(AWAY, False).search(tmp_path)[0].run(), 5)


async def test_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LEAST", 0.2)
    session = Session(*[AWAY] * 100)
    looking, _ = session.search(tmp_path, grace=0.0)
    assert looking.within == 0.2
    assert not await asyncio.wait_for(looking.run(), 5)
    assert session.search(tmp_path, grace=7.0)[0].within == 7.0


async def test_a_worker_that_is_away_is_not_asked_and_then_the_session_gets_a_new_link(tmp_path: Path) -> None:
    session = Session(True)
    looking, worker = session.search(tmp_path)
    worker.away = True
    running = asyncio.create_task(looking.run())
    await asyncio.sleep(0.5)
    assert not running.done()
    worker.away = False
    assert await asyncio.wait_for(running, 5) and not session.answers
