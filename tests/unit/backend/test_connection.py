"""A connection, as dialogues: what it may ask, and what it is told while the worker is away."""

import asyncio
from pathlib import Path

from sagews.backend.connection import MAX_SESSIONS
from sagews.protocol import sagews_pb2 as pb
from tests.unit.backend.dialogue import failure, stage, started


async def test_events_that_come_with_the_answer_follow_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("open", id=4, environment="python", limits={"wall_time": 5})
        link = await scene.worker.link()
        request = await link.expect("open")
        assert (request.open.environment, request.open.limits.wall_time) == ("python", 5)
        assert request.open.reader == "address:127.0.0.1"
        opened = pb.Event(request=request.id, session="w1-a", opened=pb.Opened(token="secret"))
        link.say(opened, started(1), started(2))
        assert (await tab.told("opened"))["token"] == "secret"
        assert [(await tab.told("started"))["sequence"] for _ in range(2)] == [1, 2]


async def test_a_refusal_of_the_worker_names_the_request(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        for code, name in (
            (pb.FAILURE_CODE_FULL, "full"),
            (pb.FAILURE_CODE_UNKNOWN_ENVIRONMENT, "unknown_environment"),
        ):
            await tab.ask("open", id=4)
            link = await scene.worker.link()
            link.say(failure((await link.expect("open")).id, code))
            refused = await tab.told("failure")
            assert (refused["code"], refused["request"], refused["hint"]) == (name, 4, "stop")
            await link.expect_end()


async def test_a_worker_that_is_away(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab)
        await tab.ask("open", id=2)
        second = await scene.worker.link()
        await second.expect("open")
        second.hang_up()
        refused = await tab.told("failure")
        assert (refused["code"], refused["request"]) == ("unavailable", 2)
        assert refused["what"] == "no worker can be reached"
        assert refused["hint"] == "try again in a moment; the operator sees why in the worker's log"
        await tab.ask("interrupt", id=3, session="w1-a")
        await link.expect("interrupt")


async def test_a_session_that_nobody_waits_for_any_more_is_closed(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("open", id=1)
        link = await scene.worker.link()
        await link.expect("open")
        tab.connection.close()
        await link.expect("close")
        await link.expect_end()


async def test_messages_while_an_attach_is_under_way(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("attach", id=1, session="w1-a", token="secret")
        await tab.ask("attach", id=2, session="w1-a", token="secret")
        assert (await tab.told("failure"))["request"] == 2
        await tab.ask("interrupt", id=3, session="w1-a")
        refused = await tab.told("failure")
        assert (refused["code"], refused["request"]) == ("out_of_order", 3)
        link = await scene.worker.link()
        attach = await link.expect("attach")
        link.say(started(1, attach.id))
        assert (await tab.told("started"))["request"] == 1
        # The worker has accepted the token; a long replay need not be over.
        await tab.ask("interrupt", id=4, session="w1-a")
        await link.expect("interrupt")


async def test_a_request_that_waits_for_a_place_can_be_withdrawn(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("open", id=4)
        link = await scene.worker.link()
        request = await link.expect("open")
        load = pb.Load(sessions=1, places=1)
        link.say(pb.Event(request=request.id, failure=pb.Failure(code=pb.FAILURE_CODE_FULL, what="no", load=load)))
        waiting = await tab.told("waiting")
        assert (waiting["request"], waiting["place"], waiting["waiting"]) == (4, 1, 1)
        await tab.ask("withdraw", id=5, request=4)
        refused = await tab.told("failure")
        assert (refused["code"], refused["request"]) == ("full", 4)
        await asyncio.sleep(0)
        assert scene.entrance.waiting == 0
        # What is not there to be withdrawn is no fault.
        await tab.ask("withdraw", id=6, request=4)
        await tab.ask("withdraw", id=7, request=0)
        assert tab.silent


async def test_what_is_being_opened_can_be_withdrawn_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("open", id=4)
        link = await scene.worker.link()
        await link.expect("open")
        await tab.ask("withdraw", id=5, request=4)
        assert (await tab.told("failure"))["request"] == 4
        await link.expect("close")
        await link.expect_end()


async def test_who_waits_and_goes_away_waits_no_more(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("open", id=4)
        link = await scene.worker.link()
        request = await link.expect("open")
        link.say(pb.Event(request=request.id, failure=pb.Failure(code=pb.FAILURE_CODE_DRAINING, what="no")))
        await tab.told("waiting")
        tab.connection.close()
        for _ in range(3):
            await asyncio.sleep(0)
        assert scene.entrance.waiting == 0


async def test_a_client_is_told_to_move(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        tab.connection.move(12.5)
        moving = await tab.told("moving")
        assert moving["within_seconds"] == 12.5


async def test_sessions_of_one_connection_are_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        for number in range(MAX_SESSIONS + 1):
            await tab.ask("open", id=number + 1)
        refused = await tab.told("failure")
        assert (refused["code"], refused["request"]) == ("full", MAX_SESSIONS + 1)


async def test_what_two_attach_at_once_is_one_link(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tabs = [await scene.tab() for _ in range(3)]
        for tab in tabs:
            await tab.ask("attach", id=1, session="w1-a", token="secret")
        link = await scene.worker.link()
        for _ in tabs:
            request = await link.expect("attach")
            event = pb.Event(request=request.id, attached=pb.Attached(last_sequence=0))
            link.say(event)
        for tab in tabs:
            await tab.told("attached")
        assert len(scene.sessions) == 1
        assert len(scene.worker.ends) == 1
        link.say(started(1))
        for tab in tabs:
            await tab.told("started")


async def test_the_heart_beats(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        tab.connection._beat()
        assert (await tab.told("heartbeat"))["time"] > 0
        tab.congested = True
        tab.connection._beat()
        await asyncio.sleep(0)
        assert tab.silent
