"""The entrance, as dialogues: who waits for a place, what they are told, and who gets the next one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sagews.backend.entrance import Entrance
from sagews.backend.link import Link
from sagews.backend.metrics import Metrics
from sagews.backend.workers import Workers
from sagews.config.backend import Backend
from sagews.config.site import Site
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from tests.unit.backend.dialogue import ScriptedWorker, WorkerEnd

PLACES = 3


class Reader:
    """Somebody who wants a session."""

    def __init__(self, entrance: Entrance, name: str, quota: int = 0, **options: float) -> None:
        self.told: list[tuple[int, int]] = []
        request = pb.Request(id=1, open=pb.Open(reader=f"address:{name}", most_sessions=quota))
        self.opening = asyncio.create_task(entrance.open(request, lambda *told: self.told.append(told), **options))

    async def refusal(self) -> RefusedRequest:
        with pytest.raises(RefusedRequest) as refused:
            await asyncio.wait_for(self.opening, 5)
        return refused.value

    async def link(self) -> Link:
        return (await asyncio.wait_for(self.opening, 5))[1]


class Scene:
    """One scripted worker that is full, and the entrance before it."""

    def __init__(self, worker: ScriptedWorker, workers: Workers, settings: Backend) -> None:
        self.worker = worker
        self.workers = workers
        self.metrics = Metrics()
        self.entrance = Entrance(workers, settings, self.metrics)
        self.control: WorkerEnd

    async def say(self, state: pb.WorkerState, sessions: int, *, place_free: bool = False, of: str = "") -> None:
        load = pb.Load(sessions=sessions, places=PLACES)
        readers = [pb.ReaderSessions(reader=f"address:{of}", sessions=1)] if of else []
        self.control.say(pb.Event(status=pb.Status(state=state, load=load, place_free=place_free, readers=readers)))
        async with asyncio.timeout(5):
            while (
                (known := self.workers.all[0].status) is None
                or (known.state, known.load.sessions)
                != (
                    state,
                    sessions,
                )
                or len(known.readers) != len(readers)
            ):
                await asyncio.sleep(0.005)

    async def refuse_as_too_many(self) -> None:
        """Refuse the next Open, because its reader has enough sessions."""
        end = await self.worker.link()
        assert (await end.expect("open")).open.most_sessions
        refusal = pb.Failure(code=pb.FAILURE_CODE_TOO_MANY, what="has 1 session of 1")
        end.say(pb.Event(request=1, failure=refusal))

    async def refuse(self) -> None:
        """Refuse the next Open as full."""
        end = await self.worker.link()
        await end.expect("open")
        load = pb.Load(sessions=PLACES, places=PLACES)
        end.say(pb.Event(request=1, failure=pb.Failure(code=pb.FAILURE_CODE_FULL, what="is full", load=load)))

    async def let_in(self, sessions: int) -> str:
        """Accept the next Open; return whose it is."""
        end = await self.worker.link()
        request = await end.expect("open")
        load = pb.Load(sessions=sessions, places=PLACES)
        end.say(pb.Event(request=1, session="w1-a", opened=pb.Opened(token="t", load=load)))
        return str(request.open.reader).removeprefix("address:")

    async def waiting(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.entrance.waiting != count:
                await asyncio.sleep(0.005)

    async def line_up(self, *names: str) -> list[Reader]:
        """Let readers come, the first of whom is refused by the worker."""
        readers = []
        for name in names:
            readers.append(Reader(self.entrance, name))
            if not self.entrance.waiting:
                await self.refuse()
            await self.waiting(len(readers))
        return readers


@contextlib.asynccontextmanager
async def scene(folder: Path, **settings: float) -> AsyncIterator[Scene]:
    path = folder / "w1.sock"
    worker = ScriptedWorker()
    server = await asyncio.start_unix_server(worker.accept, str(path))
    backend = Backend(idle_links=0, workers=[f"unix:{path}"], **settings)  # type: ignore[arg-type]
    workers = Workers(Site(backend=backend))
    one = Scene(worker, workers, backend)
    workers.start()
    try:
        async with asyncio.timeout(5):
            one.control = await worker.control.get()
        await one.say(pb.WORKER_STATE_FULL, PLACES)
        yield one
    finally:
        await workers.stop()
        for end in worker.ends:
            end.hang_up()
        server.close()
        await asyncio.sleep(0)


async def test_who_finds_no_place_waits_for_the_next_one(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        first, second = await one.line_up("1", "2")
        assert (first.told, second.told) == ([(1, 1)], [(2, 2)])
        assert not first.opening.done() and not second.opening.done()
        await one.say(pb.WORKER_STATE_READY, PLACES - 1, place_free=True)
        assert await one.let_in(PLACES) == "1"
        (await first.link()).close()
        async with asyncio.timeout(5):
            while second.told[-1] != (1, 1):
                await asyncio.sleep(0.05)
        # It was told how full the worker is by its answer: nobody else tries in vain.
        assert len(one.worker.ends) == 3
        await one.say(pb.WORKER_STATE_READY, PLACES - 1, place_free=True)
        assert await one.let_in(PLACES) == "2"
        (await second.link()).close()
        assert one.entrance.waiting == 0
        assert 'sagews_waiting_seconds_count{outcome="opened"} 2.0' in one.metrics.exposition().decode()


async def test_who_has_enough_sessions_stands_in_no_line_and_holds_back_no_place(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        (first,) = await one.line_up("1")
        await one.say(pb.WORKER_STATE_FULL, PLACES, of="9")
        has_one = Reader(one.entrance, "9", quota=1)
        await asyncio.sleep(0.05)
        assert one.entrance.waiting == 1
        await one.say(pb.WORKER_STATE_READY, PLACES - 1, place_free=True, of="9")
        assert await one.let_in(PLACES) == "1"
        (await first.link()).close()
        await one.refuse_as_too_many()
        assert (await has_one.refusal()).code == pb.FAILURE_CODE_TOO_MANY
        assert has_one.told == []


async def test_one_whose_session_leaves_takes_a_place_in_line(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        await one.line_up("1")
        await one.say(pb.WORKER_STATE_FULL, PLACES, of="9")
        leaving = Reader(one.entrance, "9", quota=1)
        await asyncio.sleep(0.05)
        await one.say(pb.WORKER_STATE_FULL, PLACES)
        await one.waiting(2)
        assert leaving.told == [(2, 2)]
        leaving.opening.cancel()


async def test_who_is_called_and_has_enough_is_told_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        await one.line_up("1")
        second = Reader(one.entrance, "9", quota=1)
        await one.waiting(2)
        await one.say(pb.WORKER_STATE_READY, PLACES - 2, place_free=True)
        assert await one.let_in(PLACES - 1) == "1"
        await one.refuse_as_too_many()
        # It is not asked for again, which nobody would answer here.
        assert (await second.refusal()).code == pb.FAILURE_CODE_TOO_MANY


async def test_as_many_try_as_there_are_places(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        readers = await one.line_up("1", "2", "3", "4")
        await one.say(pb.WORKER_STATE_READY, PLACES - 2, place_free=True)
        assert {await one.let_in(PLACES - 1), await one.let_in(PLACES)} == {"1", "2"}
        for reader in readers[:2]:
            (await reader.link()).close()
        await one.waiting(2)


async def test_who_loses_the_race_for_a_place_keeps_standing_first(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        first, second = await one.line_up("1", "2")
        await one.say(pb.WORKER_STATE_READY, PLACES - 1, place_free=True)
        await one.refuse()  # another backend was quicker
        await asyncio.sleep(0.05)
        assert not first.opening.done()
        await one.say(pb.WORKER_STATE_READY, PLACES - 1, place_free=True)
        assert await one.let_in(PLACES) == "1"
        (await first.link()).close()
        second.opening.cancel()
        await one.waiting(0)


async def test_who_comes_while_others_wait_does_not_pass_them(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        first, second = await one.line_up("1", "2")
        await one.say(pb.WORKER_STATE_READY, PLACES - 1, place_free=True)
        third = Reader(one.entrance, "3")
        assert await one.let_in(PLACES) == "1"
        (await first.link()).close()
        for reader in (second, third):
            reader.opening.cancel()
        await one.waiting(0)


async def test_who_goes_away_leaves_the_line(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        first, second = await one.line_up("1", "2")
        first.opening.cancel()
        await one.waiting(1)
        await one.say(pb.WORKER_STATE_READY, PLACES - 1, place_free=True)
        assert await one.let_in(PLACES) == "2"
        (await second.link()).close()
        assert 'sagews_waiting_seconds_count{outcome="withdrawn"} 1.0' in one.metrics.exposition().decode()


async def test_who_has_waited_long_enough_is_told_to_come_back(tmp_path: Path) -> None:
    async with scene(tmp_path, waiting_seconds=0.3) as one:
        (first,) = await one.line_up("1")
        refusal = await first.refusal()
        assert (refusal.code, refusal.retry_after) == (pb.FAILURE_CODE_FULL, 15)
        assert "brought none" in refusal.what and "try again in 15 s" in refusal.hint
        assert one.entrance.waiting == 0


async def test_who_has_less_patience_waits_less(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        impatient = Reader(one.entrance, "1", patience=0.1)
        await one.refuse()
        assert (await impatient.refusal()).code == pb.FAILURE_CODE_FULL


async def test_a_full_line_refuses_and_is_fair(tmp_path: Path) -> None:
    async with scene(tmp_path, waiting=3) as one:
        *_, last = await one.line_up("1", "1", "1")
        refusal = await Reader(one.entrance, "1").refusal()
        assert "no room in the line" in refusal.what and refusal.retry_after == 15
        other = Reader(one.entrance, "2")
        assert "no room in the line" in (await last.refusal()).what
        await asyncio.sleep(0)
        assert other.told == [(2, 3)]
        assert one.entrance.waiting == 3


async def test_no_line_where_the_site_wants_none(tmp_path: Path) -> None:
    async with scene(tmp_path, waiting=0) as one:
        reader = Reader(one.entrance, "1")
        await one.refuse()
        assert (await reader.refusal()).what == "is full"


async def test_a_reader_who_has_enough_sessions_does_not_wait(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        reader = Reader(one.entrance, "1")
        end = await one.worker.link()
        await end.expect("open")
        what = "has 1 session already, the most that it may have"
        end.say(pb.Event(request=1, failure=pb.Failure(code=pb.FAILURE_CODE_FULL, what=what, noun="this address")))
        assert (await reader.refusal()).noun == "this address"


async def test_a_worker_that_has_just_gone_is_waited_for(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        one.control.hang_up()
        async with asyncio.timeout(5):
            while not one.workers.all[0].away:
                await asyncio.sleep(0.005)
            one.control = await one.worker.control.get()
        reader = Reader(one.entrance, "1")
        end = await one.worker.link()
        await end.expect("open")
        end.hang_up()
        await one.waiting(1)
        await one.say(pb.WORKER_STATE_READY, 0)
        assert await one.let_in(1) == "1"
        (await reader.link()).close()
