"""Runs beside each other, as dialogues: replaced, shared, asked, found again."""

import asyncio
from pathlib import Path

from sagews.protocol import sagews_pb2 as pb
from tests.unit.backend.dialogue import DEADLINE
from tests.unit.backend.play import NAMES, RAN, counter, done, ended, output, play, told


async def test_the_next_run_replaces_the_one_before(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="while True: pass")
        link = await scene.running()
        await told(tab, "started")
        await tab.ask("run", evaluation=NAMES[1], code="2")
        (end,) = await told(tab, "done", first=2)
        assert end["reason"] == "replaced" and end["text"]
        await link.expect("close")
        # The worker is full until that session has ended: it is asked again then.
        second, request = await scene.opening()
        refusal = pb.Failure(code=pb.FAILURE_CODE_FULL, what="no", noun="it", hint="stop")
        second.say(pb.Event(request=request.id, failure=refusal))
        await asyncio.sleep(0.05)
        assert tab.silent
        link.say(done(3, pb.EVALUATION_REASON_SESSION_ENDED), ended(4))
        link = await scene.running()
        link.say(done(3))
        await told(tab, "started", "done", name=NAMES[1])
        # One that is over is not replaced.
        await tab.ask("run", evaluation=NAMES[2], code="2")
        await told(tab, "started", "done", name=NAMES[2])
        assert tab.silent


async def test_one_that_has_no_session_yet_is_replaced_too(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="1")
        link, _ = await scene.opening()
        await tab.ask("run", evaluation=NAMES[1], code="2")
        assert (await told(tab, "done"))[0]["reason"] == "replaced"
        await link.expect("close")
        (await scene.running()).say(done(3))
        await told(tab, "started", "done", name=NAMES[1])


async def test_two_that_are_alike_share_a_run(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        one, two, three = await scene.tab(), await scene.tab(), await scene.tab()
        await one.ask("run", evaluation=NAMES[0], code="1+1")
        await two.ask("run", evaluation=NAMES[1], code="1+1")
        link = await scene.running()
        link.say(output(3, b"a"))
        for tab, name in ((one, NAMES[0]), (two, NAMES[1])):
            await told(tab, "started", "output", name=name)
        # One that comes late gets what there was.
        await three.ask("run", evaluation=NAMES[2], code="1+1")
        await told(three, "started", "output", name=NAMES[2])
        # It goes on for the others when one leaves, and for the last one when he is interrupted alone.
        await one.ask("run", evaluation=NAMES[3], code="other")
        other = await scene.running()
        assert (await told(one, "done", first=3))[0]["reason"] == "replaced"
        await told(one, "started", name=NAMES[3])
        await two.ask("interrupt", evaluation=NAMES[1])
        assert (await told(two, "done", name=NAMES[1], first=3))[0]["reason"] == "interrupted"
        await two.ask("interrupt", evaluation=NAMES[1])
        link.say(output(4, b"b"))
        await told(three, "output", name=NAMES[2], first=3)
        await three.ask("interrupt", evaluation=NAMES[2])
        await link.expect("interrupt")
        link.say(done(5, pb.EVALUATION_REASON_INTERRUPTED))
        await told(three, "done", name=NAMES[2], first=4)
        other.say(done(3))
        await told(one, "done", name=NAMES[3], first=2)
        assert one.silent and two.silent and three.silent
        assert counter(scene.scene, 'sagews_runs_total{how="shared"}') == 2
        assert counter(scene.scene, 'sagews_runs_total{how="run"}') == 2


async def test_the_refusal_of_one_is_not_that_of_those_who_share(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        await one.ask("run", id=7, evaluation=NAMES[0], code="1+1")
        await two.ask("run", id=8, evaluation=NAMES[1], code="1+1")
        link, request = await scene.opening()
        refusal = pb.Failure(code=pb.FAILURE_CODE_FULL, what="has 3 sessions already", noun="this address", hint="x")
        link.say(pb.Event(request=request.id, failure=refusal))
        failure = await one.told("failure")
        assert (failure["request"], failure["noun"]) == (7, "this address")
        (await scene.running()).say(done(3))
        await told(two, "started", "done", name=NAMES[1])
        assert one.silent


async def test_a_reader_who_comes_back_gets_the_rest(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="1+1")
        link = await scene.running()
        link.say(output(3, b"a"))
        started, _ = await told(tab, "started", "output")
        tab.connection.close()
        link.say(output(4, b"b"))
        back, second = await scene.tab(), await scene.tab()
        await back.ask("run", evaluation=NAMES[0], code="1+1", after_sequence=2, attempt=started["attempt"])
        await told(back, "output", first=3)
        # In a second tab, which has nothing of it; and for one that means another attempt, from the start.
        await second.ask("run", evaluation=NAMES[0], code="1+1")
        await told(second, "started", "output", "output")
        await second.ask("run", evaluation=NAMES[0], code="1+1", after_sequence=3, attempt="0123456789abcdef")
        await told(second, "started", "output", "output")
        link.say(done(5, pb.EVALUATION_REASON_ERROR))
        for reader in (back, second):
            await told(reader, "done", first=4)
        # What came to its end while nobody was there is remembered, also what is not kept.
        back.connection.close()
        late = await scene.tab()
        await late.ask("run", evaluation=NAMES[0], code="1+1", after_sequence=2, attempt=started["attempt"])
        assert [event["kind"] for event in await told(late, "output", "done", first=3)] == ["output", "done"]
        assert late.silent and tab.silent


async def test_a_run_that_asks_is_shared_no_longer(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        for tab, name in ((one, NAMES[0]), (two, NAMES[1])):
            await tab.ask("run", evaluation=name, code="input()")
        link = await scene.running()
        for tab, name in ((one, NAMES[0]), (two, NAMES[1])):
            await told(tab, "started", name=name)
        link.say(output(3, kind=pb.OUTPUT_KIND_INPUT_REQUEST))
        await told(one, "output", first=2)
        apart = await scene.running()
        apart.say(output(3, kind=pb.OUTPUT_KIND_INPUT_REQUEST))
        await told(two, "started", "output", name=NAMES[1])
        for tab, end, name in ((one, link, NAMES[0]), (two, apart, NAMES[1])):
            await tab.ask("input_reply", sequence=2, text=name)
            reply = (await end.expect("input_reply")).input_reply
            assert (reply.sequence, reply.text) == (3, name)
            end.say(pb.Event(sequence=4, input_taken=pb.InputTaken(input_sequence=3)), done(5))
            taken, _ = await told(tab, "input_taken", "done", name=name, first=3)
            assert taken["input_sequence"] == 2
        # Whoever comes now is asked himself.
        three = await scene.tab()
        await three.ask("run", evaluation=NAMES[2], code="input()", fresh=True)
        await scene.running()
        await told(three, "started", name=NAMES[2])


async def test_nobody_interrupts_what_he_does_not_read(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        await one.ask("run", evaluation=NAMES[0], code="1")
        link = await scene.running()
        await told(one, "started")
        await two.ask("interrupt", id=3, evaluation=NAMES[0])
        failure = await two.told("failure")
        assert (failure["request"], failure["code"]) == (3, "out_of_order")
        await two.ask("input_reply", id=4, sequence=2, text="x")
        assert (await two.told("failure"))["request"] == 4
        link.say(done(3))
        await told(one, "done", first=2)


async def test_what_waits_for_a_place_can_be_taken_back(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        await one.ask("run", id=7, evaluation=NAMES[0], code="1")
        await two.ask("run", id=7, evaluation=NAMES[1], code="1")
        link, _ = await scene.opening()
        await one.ask("withdraw", request=7)
        failure = await one.told("failure")
        assert (failure["request"], failure["evaluation"], failure["code"]) == (7, NAMES[0], "full")
        await two.ask("withdraw", request=7)
        assert (await two.told("failure"))["evaluation"] == NAMES[1]
        await link.expect("close")
        # One that runs is not taken back by it.
        await one.ask("run", id=8, evaluation=NAMES[2], code="1")
        link = await scene.running()
        await told(one, "started", name=NAMES[2])
        await one.ask("withdraw", request=8)
        link.say(done(3))
        await told(one, "done", name=NAMES[2], first=2)


async def test_what_is_only_joined_runs_nothing(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab, other = await scene.tab(), await scene.tab()
        await tab.ask("run", id=3, evaluation=NAMES[0], code="1+1", join=True)
        failure = await tab.told("failure")
        assert (failure["request"], failure["evaluation"], failure["code"]) == (3, NAMES[0], "unknown_evaluation")
        # It left nothing behind that another could share, and the same name can be begun in earnest.
        await other.ask("run", evaluation=NAMES[0], code="1+1")
        link = await scene.running()
        await tab.ask("run", evaluation=NAMES[0], code="1+1", join=True)
        for reader in (other, tab):
            await told(reader, "started")
        # One that is alike runs, and is not the one that is asked for.
        stranger = await scene.tab()
        await stranger.ask("run", evaluation=NAMES[1], code="1+1", join=True)
        assert (await stranger.told("failure"))["evaluation"] == NAMES[1]
        link.say(output(3, b"a"), done(4))
        for reader in (other, tab):
            await told(reader, "output", "done", first=2)
        # Its result is kept by now, for whoever has the code.
        await stranger.ask("run", evaluation=NAMES[1], code="1+1", join=True)
        assert (await told(stranger, "started", "output", "done", name=NAMES[1]))[2]["kept_since"] == RAN
        assert counter(scene.scene, 'sagews_runs_total{how="run"}') == 1
        assert counter(scene.scene, 'sagews_runs_total{how="unknown"}') == 2


async def test_the_place_in_line_is_told_to_who_joins(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        one, two = await scene.tab(), await scene.tab()
        await one.ask("run", id=7, evaluation=NAMES[0], code="1")
        link, request = await scene.opening()
        full = pb.Failure(code=pb.FAILURE_CODE_FULL, what="no", load=pb.Load(sessions=9, places=9))
        link.say(pb.Event(request=request.id, failure=full))
        waiting = await one.told("waiting")
        assert (waiting["request"], waiting["evaluation"], waiting["place"]) == (7, NAMES[0], 1)
        await two.ask("run", id=9, evaluation=NAMES[0], code="1", join=True)
        waiting = await two.told("waiting")
        assert (waiting["request"], waiting["evaluation"], waiting["place"]) == (9, NAMES[0], 1)
        # Each takes it back by the request that was his own.
        await two.ask("withdraw", request=7)
        assert one.silent and two.silent
        await two.ask("withdraw", request=9)
        assert [(await tab.told("failure"))["request"] for tab in (one, two)] == [7, 9]
        async with asyncio.timeout(DEADLINE):
            while scene.scene.entrance.waiting:
                await asyncio.sleep(0)
