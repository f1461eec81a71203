"""One run, as a dialogue: its session, its events, and whether its result is kept."""

import asyncio
from pathlib import Path

from sagews.protocol import sagews_pb2 as pb
from tests.unit.backend.dialogue import failure
from tests.unit.backend.play import FINGERPRINT, NAMES, RAN, done, ended, output, play, told


async def test_a_run_has_a_session_of_its_own_that_ends_with_it(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", id=4, evaluation=NAMES[0], code="1+1", cell="c", limits={"wall_time": 5})
        link, request = await scene.opening()
        assert (request.open.environment, request.open.reader) == ("python", "address:127.0.0.1")
        assert request.open.limits == pb.Limits(wall_time=5)
        link.say(pb.Event(request=request.id, session="w1-1", opened=pb.Opened(token="secret")))
        evaluate = (await link.expect("evaluate")).evaluate
        assert (evaluate.code, evaluate.limits.wall_time, evaluate.without_input) == ("1+1", 5, False)
        link.say(pb.Event(session="w1-1", sequence=1, queued=pb.Queued()), pb.Event(sequence=2, started=pb.Started()))
        (started,) = await told(tab, "started")
        assert len(started["attempt"]) == 16
        link.say(output(3, b"{1}"), pb.Event(sequence=4, truncated=pb.Truncated(limit=9)), done(5, cpu_seconds=2))
        out, cut, end = await told(tab, "output", "truncated", "done", first=2)
        assert (out["body"], cut["limit"]) == ("{1}", 9)
        assert (end["reason"], end["text"], end["cpu_seconds"], "kept_since" in end) == ("done", "So.", 2, False)
        await link.expect("close")
        link.say(ended(6))
        await link.expect_end()
        assert tab.silent


async def test_the_second_time_it_is_given_as_it_was(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab, other = await scene.tab(), await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="1+1")
        link = await scene.running()
        link.say(output(3, b"\xff{"), output(4, kind=pb.OUTPUT_KIND_COMM_OPEN), done(5, wall_seconds=3))
        first = await told(tab, "started", "output", "output", "done")
        await other.ask("run", evaluation=NAMES[1], code="1+1")
        second = await told(other, "started", "output", "output", "done", name=NAMES[1])
        assert second[-1].pop("kept_since") == RAN
        assert [event | {"evaluation": ""} for event in first] == [event | {"evaluation": ""} for event in second]
        assert (scene.kept("hits"), scene.kept("misses"), scene.kept("stored")) == (1, 1, 1)


async def test_what_differs_each_time_or_did_not_end_well_is_not_kept(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        ends = [
            done(3, unrepeatable=pb.UNREPEATABLE_CLOCK),
            done(3, pb.EVALUATION_REASON_ERROR),
            done(3, pb.EVALUATION_REASON_WALL_TIME),
            done(3, pb.EVALUATION_REASON_INTERRUPTED),
            ended(3),
        ]
        for number, end in enumerate(ends):
            await tab.ask("run", evaluation=NAMES[number], code="1+1")
            link = await scene.running()
            link.say(end)
            await told(tab, "started", "done", name=NAMES[number])
        # Whatever was lost on the way is missing for ever.
        await tab.ask("run", evaluation=NAMES[5], code="1+1")
        link = await scene.running()
        link.say(pb.Event(sequence=9, gap=pb.Gap(events=7, bytes=70)), done(10))
        await tab.told("started")
        gap = await tab.told("gap")
        assert (gap["sequence"], gap["events"], gap["bytes"]) == (8, 7, 70)
        assert (await tab.told("done"))["sequence"] == 9
        # Nor is it known what ran where the worker does not say.
        await scene.announce(b"")
        await tab.ask("run", evaluation=NAMES[6], code="1+1")
        link = await scene.running(b"")
        link.say(done(3))
        await told(tab, "started", "done", name=NAMES[6])
        await asyncio.sleep(0.05)
        assert (scene.kept("hits"), scene.kept("stored")) == (0, 0)
        text = scene.scene.metrics.exposition().decode()
        for why in ("clock", "error", "wall_time", "interrupted", "session_ended", "gap", "environment"):
            assert f'sagews_results_not_kept_total{{why="{why}"}} 1.0' in text


async def test_an_environment_of_another_version_has_its_own_results(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        for number, fingerprint in enumerate((FINGERPRINT, b"g" * 16)):
            await scene.announce(fingerprint)
            await tab.ask("run", evaluation=NAMES[number], code="1+1")
            # A spare session may be older than what is announced: its own version counts.
            link = await scene.running(fingerprint)
            link.say(done(3))
            await told(tab, "started", "done", name=NAMES[number])
        await tab.ask("run", evaluation=NAMES[2], code="1+1")
        assert (await told(tab, "started", "done", name=NAMES[2]))[1]["kept_since"]


async def test_a_fresh_run_passes_the_cache_by_and_its_result_is_kept(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        for number, body in ((0, b"old"), (1, b"new")):
            await tab.ask("run", evaluation=NAMES[number], code="1+1", fresh=number == 1)
            link = await scene.running()
            link.say(output(3, body), done(4))
            await told(tab, "started", "output", "done", name=NAMES[number])
        await tab.ask("run", evaluation=NAMES[2], code="1+1")
        assert (await told(tab, "started", "output", "done", name=NAMES[2]))[1]["body"] == "new"


async def test_a_reader_who_is_behind_gets_no_more_and_then_the_rest(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        slow, quick = await scene.tab(), await scene.tab()
        for tab, name in ((slow, NAMES[0]), (quick, NAMES[1])):
            await tab.ask("run", evaluation=name, code="1")
        link = await scene.running()
        for tab, name in ((slow, NAMES[0]), (quick, NAMES[1])):
            await told(tab, "started", name=name)
        slow.congested = True
        link.say(output(3), output(4), done(5))
        await told(quick, "output", "output", "done", name=NAMES[1], first=2)
        assert slow.silent
        slow.congested = False
        slow.connection.drained()
        await told(slow, "output", "output", "done", first=2)


async def test_the_reason_of_a_session_that_ends_is_told(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="1")
        link = await scene.running()
        broken_off = done(3, pb.EVALUATION_REASON_SESSION_ENDED, wall_seconds=7)
        link.say(broken_off, ended(4, "It used too much memory."))
        _, end = await told(tab, "started", "done")
        assert (end["reason"], end["text"], end["wall_seconds"]) == ("session_ended", "It used too much memory.", 7)


async def test_a_kept_result_needs_no_worker(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="1+1")
        (await scene.running()).say(done(3))
        await told(tab, "started", "done")
        await scene.fall_silent()
        await tab.ask("run", evaluation=NAMES[1], code="1+1")
        assert (await told(tab, "started", "done", name=NAMES[1]))[1]["kept_since"]


async def test_what_was_lost_with_a_link_is_asked_again_when_the_session_is_found(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="1+1")
        link, request = await scene.opening()
        opened = pb.Opened(token="secret", limits=pb.Limits(grace=60))
        link.say(pb.Event(request=request.id, session="w1-1", opened=opened))
        first = (await link.expect("evaluate")).evaluate
        link.hang_up()
        link = await scene.scene.worker.link()
        attach = await link.expect("attach")
        link.say(pb.Event(request=attach.id, session="w1-1", attached=pb.Attached()))
        assert (await link.expect("evaluate")).evaluate == first
        link.say(pb.Event(sequence=1, queued=pb.Queued()), pb.Event(sequence=2, started=pb.Started()), done(3))
        await told(tab, "started", "done")


async def test_a_run_that_waits_for_a_place_says_so_and_can_be_withdrawn(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", id=4, evaluation=NAMES[0], code="1+1")
        link, request = await scene.opening()
        load = pb.Load(sessions=9, places=9)
        link.say(pb.Event(request=request.id, failure=pb.Failure(code=pb.FAILURE_CODE_FULL, what="full", load=load)))
        waiting = await tab.told("waiting")
        assert (waiting["request"], waiting["place"], waiting["waiting"]) == (4, 1, 1)
        await tab.ask("withdraw", request=4)
        assert (await tab.told("failure"))["request"] == 4
        async with asyncio.timeout(5):
            while scene.scene.entrance.waiting:
                await asyncio.sleep(0.01)


async def test_a_session_that_ends_before_it_is_asked_ends_the_evaluation(tmp_path: Path) -> None:
    async with play(tmp_path) as scene:
        tab = await scene.tab()
        await tab.ask("run", evaluation=NAMES[0], code="1+1")
        link, request = await scene.opening()
        link.say(pb.Event(request=request.id, session="w1-1", opened=pb.Opened(token="secret")))
        evaluate = await link.expect("evaluate")
        link.say(failure(evaluate.id, pb.FAILURE_CODE_UNKNOWN_SESSION), ended(1, "Its lifetime is over."))
        (end,) = await told(tab, "done")
        assert (end["reason"], end["text"]) == ("session_ended", "Its lifetime is over.")
        await link.expect("close")
