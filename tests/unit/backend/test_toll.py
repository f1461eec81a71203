"""What counts against a quota, as dialogues: each evaluation once, and none that is refused."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from sagews.backend.connection import Connection
from sagews.backend.quotas import PATIENCE
from sagews.database.account_tables import USAGE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from tests.unit.backend.dialogue import DEADLINE, READER, Stage, failure, stage
from tests.unit.backend.play import NAMES, Play, counter, done, play, told


async def used(scene: Stage) -> int:
    """Return what was counted so far, of everybody."""

    async def used(connection: AsyncConnection) -> int:
        return sum((await connection.scalars(select(USAGE.c.evaluations))).all())

    return await scene.database.run(used)


async def becomes(scene: Stage, count: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while await used(scene) != count:
            await asyncio.sleep(0.01)


async def refuse_opening(scene: Play, code: pb.FailureCode) -> None:
    link, request = await scene.opening()
    link.say(failure(request.id, code))


async def test_a_run_that_is_sent_again_at_the_limit_goes_on(tmp_path: Path) -> None:
    async with play(tmp_path, evaluations=1) as scene:
        one = await scene.tab()
        await one.ask("run", evaluation=NAMES[0], code="1")
        assert (await one.told("quota"))["text"]
        link = await scene.running()
        await told(one, "started")
        one.connection.close()
        two = await scene.tab()
        await two.told("quota")
        await two.ask("run", evaluation=NAMES[0], code="1")
        await told(two, "started")
        link.say(done(3))
        await told(two, "done", first=2)
        # So it is when it has ended.
        three = await scene.tab()
        await three.told("quota")
        await three.ask("run", evaluation=NAMES[0], code="1")
        await told(three, "started", "done")
        await three.ask("run", evaluation=NAMES[1], code="2", id=9)
        assert (await three.told("failure"))["code"] == "too_many"
        assert await used(scene.scene) == 1


async def test_an_evaluation_that_is_sent_again_at_the_limit_counts_once(tmp_path: Path) -> None:
    async with stage(tmp_path, evaluations=1) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab)
        await tab.ask("evaluate", id=2, session="w1-a", evaluation="e", code="1")
        await tab.told("quota")
        await tab.ask("evaluate", id=3, session="w1-a", evaluation="e", code="1")
        assert [(await link.expect("evaluate")).evaluate.evaluation for _ in range(2)] == ["e", "e"]
        await tab.ask("evaluate", id=4, session="w1-a", evaluation="f", code="1")
        refused = await tab.told("failure")
        assert (refused["code"], refused["request"]) == ("too_many", 4)
        assert await used(scene) == 1


async def test_what_the_session_refuses_is_not_counted(tmp_path: Path) -> None:
    async with stage(tmp_path, evaluations=9) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab)
        for number, name in enumerate("ab"):
            await tab.ask("evaluate", id=number + 2, session="w1-a", evaluation=name, code="1")
        requests = [await link.expect("evaluate") for _ in range(2)]
        link.say(pb.Event(session="w1-a", sequence=1, evaluation="a", queued=pb.Queued()))
        link.say(failure(requests[1].id, pb.FAILURE_CODE_FULL))
        await tab.told("queued")
        assert (await tab.told("failure"))["evaluation"] == "b"
        await becomes(scene, 1)
        # Nothing is given back twice, nor for one that runs.
        link.say(failure(requests[1].id, pb.FAILURE_CODE_FULL), failure(requests[0].id, pb.FAILURE_CODE_FULL))
        for _ in range(2):
            await tab.told("failure")
        await asyncio.sleep(0.05)
        assert await used(scene) == 1
        # It counts when it is sent again.
        await tab.ask("evaluate", id=9, session="w1-a", evaluation="b", code="1")
        await link.expect("evaluate")
        await becomes(scene, 2)
        await tab.ask("evaluate", id=10, session="w1-b", evaluation="c", code="1")
        assert (await tab.told("failure"))["code"] == "unknown_session"
        await becomes(scene, 2)


async def test_nobody_gets_back_what_is_run_by_giving_ids_twice(tmp_path: Path) -> None:
    async with stage(tmp_path, evaluations=9) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab)
        await tab.ask("evaluate", id=2, session="w1-a", evaluation="a", code="1")
        await tab.ask("complete", id=2, session="w1-a", code="1", cursor=1)
        await tab.ask("evaluate", id=3, session="w1-a", evaluation="b", code="1")
        await tab.ask("evaluate", id=3, session="w1-a", evaluation="c", code="1")
        await tab.ask("evaluate", id=4, session="w1-a", evaluation="d", code="1")
        await tab.ask("evaluate", id=5, session="w1-a", evaluation="d", code="1")
        first = await link.expect("evaluate")
        await link.expect("complete")
        others = [await link.expect("evaluate") for _ in range(4)]
        assert await used(scene) == 4
        # What is meant by the first two is not known; of `d`, the other one may be run.
        for request in (first, others[0], others[2]):
            link.say(failure(request.id, pb.FAILURE_CODE_FULL))
            await tab.told("failure")
        await asyncio.sleep(0.05)
        assert await used(scene) == 4
        link.say(failure(others[3].id, pb.FAILURE_CODE_FULL))
        await becomes(scene, 3)


@pytest.mark.parametrize("code", [pb.FAILURE_CODE_UNAVAILABLE, pb.FAILURE_CODE_TOO_MANY, pb.FAILURE_CODE_FULL])
async def test_a_run_that_gets_no_session_is_not_counted(tmp_path: Path, code: pb.FailureCode) -> None:
    async with play(tmp_path, evaluations=1) as scene:
        tab = await scene.tab()
        for name in NAMES[:2]:
            await tab.ask("run", evaluation=name, code="1")
            assert (await tab.told("quota"))["text"]
            await refuse_opening(scene, code)
            assert (await tab.told("failure"))["code"] != "too_many" or code == pb.FAILURE_CODE_TOO_MANY
            await becomes(scene.scene, 0)
            tab = await scene.tab()


async def test_who_has_gone_while_it_is_counted_is_not_counted(tmp_path: Path) -> None:
    async with stage(tmp_path, evaluations=1) as scene:
        leaves: list[Callable[[Connection], None]] = [Connection.close, Connection.sign_out]
        for leave in leaves:
            tab = await scene.tab()
            await used(scene)
            asking = asyncio.create_task(tab.ask("run", evaluation=NAMES[0], code="1"))
            await asyncio.sleep(0)
            leave(tab.connection)
            await asyncio.wait_for(asking, DEADLINE)
            await becomes(scene, 0)
            assert len(scene.runs) == 0


async def test_a_refused_hello_is_told_nothing_of_a_quota(tmp_path: Path) -> None:
    async with stage(tmp_path, evaluations=1) as scene:
        await scene.quotas.count(READER)
        stranger = scene.stranger()
        await stranger.ask("hello", ticket="none")
        await stranger.told("failure")
        await asyncio.sleep(0.05)
        assert stranger.silent and stranger.closed


async def test_one_slow_answer_lets_one_pass_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, evaluations=1) as scene:
        writing, over = asyncio.Event(), asyncio.Event()

        async def write(connection: AsyncConnection) -> None:
            # Whoever writes has the file to itself.
            await connection.execute(USAGE.insert().values(who="other", day=0, evaluations=0))
            writing.set()
            await over.wait()

        await scene.database.run(lambda connection: connection.scalar(select(1)))
        with capture_logs() as log:
            writer = asyncio.create_task(scene.database.run(write))
            await asyncio.wait_for(writing.wait(), DEADLINE)
            before = time.monotonic()
            assert not (await scene.quotas.count(READER)).who
            assert PATIENCE <= time.monotonic() - before < 3 * PATIENCE
            over.set()
            await asyncio.wait_for(writer, DEADLINE)
            assert (await scene.quotas.count(READER)).who
            with pytest.raises(RefusedRequest):
                await scene.quotas.count(READER)
        assert [line["event"] for line in log if "counted" in line["event"]] == ["evaluations not counted"]
        assert counter(scene, "sagews_evaluations_uncounted_total") == 1
