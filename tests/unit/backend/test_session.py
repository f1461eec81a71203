"""A session shared by tabs, as dialogues: who gets which event, and when the link ends."""

import asyncio
from pathlib import Path

import pytest

from sagews.backend import search
from sagews.protocol import sagews_pb2 as pb
from tests.unit.backend.dialogue import attached, ended, failure, stage, started


async def test_ids_of_requests_are_told_apart(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        link = await scene.opened(one)
        await two.ask("attach", id=9, session="w1-a", token="secret")
        attach = await link.expect("attach")
        link.say(attached(attach.id, 0))
        assert (await two.told("attached"))["request"] == 9
        await one.ask("complete", id=7, session="w1-a", code="a", cursor=1)
        await two.ask("complete", id=7, session="w1-a", code="b", cursor=1)
        first, second = await link.expect("complete"), await link.expect("complete")
        assert (first.complete.code, second.complete.code) == ("a", "b")
        assert first.session == second.session == ""
        link.say(
            pb.Event(request=second.id, completed=pb.Completed(body=b"B")),
            pb.Event(request=first.id, completed=pb.Completed(body=b"A")),
        )
        for tab, body in ((one, "A"), (two, "B")):
            answer = await tab.told("completed")
            assert (answer["request"], answer["body"], answer["session"]) == (7, body, "w1-a")


async def test_a_joining_tab_gets_its_replay_alone_and_each_event_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        link = await scene.opened(one)
        link.say(started(1), started(2))
        await one.told("started"), await one.told("started")
        await two.ask("attach", id=5, session="w1-a", token="secret", after_sequence=1)
        attach = await link.expect("attach")
        assert (attach.attach.after_sequence, attach.attach.token) == (1, "secret")
        # The live event 3 comes in the middle of the replay, and is part of it too.
        link.say(started(2, attach.id), started(3), started(3, attach.id), attached(attach.id, 3), started(4))
        assert [(await one.told("started"))["sequence"] for _ in range(2)] == [3, 4]
        replay = [await two.told("started") for _ in range(2)]
        assert [(event["sequence"], event["request"]) for event in replay] == [(2, 5), (3, 5)]
        assert (await two.told("attached"))["last_sequence"] == 3
        live = await two.told("started")
        assert live["sequence"] == 4 and "request" not in live
        assert one.silent and two.silent


async def test_a_replay_for_one_feeds_another_that_is_ahead(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        slow, quick = await scene.tab(), await scene.tab()
        await slow.ask("attach", id=1, session="w1-a", token="secret", after_sequence=0)
        link = await scene.worker.link()
        first = await link.expect("attach")
        link.say(started(1, first.id))
        await slow.told("started")
        await quick.ask("attach", id=1, session="w1-a", token="secret", after_sequence=3)
        second = await link.expect("attach")
        # The worker has 1 to 3; the first replay has reached 1 when the second one is complete, and then meets 4.
        link.say(attached(second.id, 3), *(started(n, first.id) for n in (2, 3, 4)), attached(first.id, 4), started(5))
        assert (await quick.told("attached"))["last_sequence"] == 3
        assert [(await quick.told("started"))["sequence"] for _ in range(2)] == [4, 5]
        assert [(await slow.told("started"))["sequence"] for _ in range(3)] == [2, 3, 4]
        await slow.told("attached")
        assert (await slow.told("started"))["sequence"] == 5


async def test_a_wrong_token_opens_nothing_and_costs_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        owner, thief = await scene.tab(), await scene.tab()
        link = await scene.opened(owner)
        await thief.ask("attach", id=5, session="w1-a", token="wrong")
        attach = await link.expect("attach")
        await thief.ask("evaluate", id=6, session="w1-a", evaluation="e", code="stolen")
        assert (await thief.told("failure"))["code"] == "out_of_order"
        link.say(failure(attach.id, pb.FAILURE_CODE_WRONG_TOKEN), started(1))
        refused = await thief.told("failure")
        assert (refused["code"], refused["request"]) == ("wrong_token", 5)
        await thief.ask("evaluate", id=7, session="w1-a", evaluation="e", code="stolen")
        assert (await thief.told("failure"))["code"] == "unknown_session"
        await owner.told("started")
        await owner.ask("interrupt", session="w1-a")
        await link.expect("interrupt")
        assert thief.silent


async def test_the_link_ends_with_the_last_tab(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        link = await scene.opened(one)
        await two.ask("attach", id=1, session="w1-a", token="secret")
        link.say(attached((await link.expect("attach")).id, 0))
        await two.told("attached")
        one.connection.close()
        assert len(scene.sessions) == 1
        await two.ask("detach", id=2, session="w1-a")
        assert (await two.told("detached"))["request"] == 2
        await link.expect_end()
        assert len(scene.sessions) == 0


async def test_the_end_of_a_session_reaches_everybody(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        link = await scene.opened(one)
        await two.ask("attach", id=3, session="w1-a", token="secret")
        attach = await link.expect("attach")
        link.say(started(1), ended(2), started(1, attach.id), ended(2, attach.id), attached(attach.id, 2))
        await one.told("started"), await one.told("ended")
        await two.told("started")
        assert (await two.told("ended"))["reason"] == "closed"
        await two.told("attached")
        await link.expect_end()
        await one.ask("interrupt", id=4, session="w1-a")
        assert (await one.told("failure"))["code"] == "unknown_session"


async def test_a_lost_link_is_found_again_and_nothing_is_missing(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        link = await scene.opened(one)
        await two.ask("attach", id=3, session="w1-a", token="secret")
        attach = await link.expect("attach")
        link.say(started(1), started(2), started(1, attach.id))
        await one.told("started"), await one.told("started"), await two.told("started")
        link.hang_up()
        for tab in (one, two):
            assert (await tab.told("away"))["within_seconds"] > 0
        link = await scene.worker.link()
        again = await link.expect("attach")
        assert (again.attach.after_sequence, again.attach.token) == (2, "secret")
        link.say(started(3, again.id), attached(again.id, 3))
        rest = await link.expect("attach")
        assert rest.attach.after_sequence == 1
        link.say(started(2, rest.id), started(3, rest.id), attached(rest.id, 3), started(4))
        assert (await one.told("started"))["sequence"] == 3
        for tab in (one, two):
            assert (await tab.told("away"))["within_seconds"] == 0
        assert (await one.told("started"))["sequence"] == 4
        replay = [await two.told("started") for _ in range(2)]
        assert [(event["sequence"], event["request"]) for event in replay] == [(2, 3), (3, 3)]
        await two.told("attached")
        assert (await two.told("started"))["sequence"] == 4


async def test_a_lost_worker_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab)
        link.say(started(1))
        await tab.told("started")
        link.hang_up()
        await tab.told("away")
        link = await scene.worker.link()
        link.say(failure((await link.expect("attach")).id, pb.FAILURE_CODE_UNKNOWN_SESSION))
        end = await tab.told("ended")
        assert (end["reason"], end["sequence"]) == ("worker_lost", 2)
        assert len(scene.sessions) == 0


async def test_a_session_is_looked_for_as_long_as_it_may_live(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        link = await scene.opened(tab, grace=30.0)
        link.hang_up()
        assert (await tab.told("away"))["within_seconds"] == 30.0
        # A worker that cannot say now is asked again; what is asked of the session meanwhile is refused.
        link = await scene.worker.link()
        link.say(failure((await link.expect("attach")).id, pb.FAILURE_CODE_INTERNAL))
        await link.expect_end()
        await tab.ask("evaluate", id=8, session="w1-a", evaluation="e", code="1")
        assert (await tab.told("failure"))["code"] == "unavailable"
        link = await scene.worker.link()
        link.say(attached((await link.expect("attach")).id, 0))
        assert (await tab.told("away"))["within_seconds"] == 0
        await tab.ask("evaluate", id=9, session="w1-a", evaluation="e", code="1")
        await link.expect("evaluate")


async def test_a_session_that_is_not_found_in_time_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LEAST", 0.3)
    async with stage(tmp_path) as scene:
        tab = await scene.tab()
        (await scene.opened(tab, grace=0.0)).hang_up()
        await tab.told("away")
        link = await scene.worker.link()
        await link.expect("attach")  # and no answer comes
        assert (await tab.told("ended"))["reason"] == "worker_lost"
        await link.expect_end()
        assert len(scene.sessions) == 0


async def test_nobody_reads_and_nothing_is_fetched(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        link = await scene.opened(one)
        await two.ask("attach", id=1, session="w1-a", token="secret")
        link.say(attached((await link.expect("attach")).id, 0))
        await two.told("attached")
        one.congested = True
        link.say(started(1))
        await one.told("started"), await two.told("started")
        two.congested = True
        link.say(started(2))
        await one.told("started"), await two.told("started")
        link.say(started(3))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await two.told("started")
        two.congested = False
        two.connection.drained()
        assert (await two.told("started"))["sequence"] == 3
        assert (await one.told("started"))["sequence"] == 3
