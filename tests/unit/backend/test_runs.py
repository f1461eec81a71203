"""Stateless evaluations as dialogues: a worker that says what the test says, and tabs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from tests.unit.backend.dialogue import DEADLINE, Json, Stage, Tab, WorkerEnd, stage

NAMES = [f"evaluation-{number:06}" for number in range(9)]
FINGERPRINT = b"f" * 16
RAN = round(time.time()) - 100.0
"""When runs start, by the worker's clock."""


class Play:
    """A stage whose worker has said which version its environment has."""

    def __init__(self, scene: Stage, control: WorkerEnd) -> None:
        self.scene = scene
        self._control = control
        self._sessions = 0

    async def announce(self, fingerprint: bytes) -> None:
        """Let the worker say the version of its environment."""
        version = pb.EnvironmentVersion(name="python", fingerprint=fingerprint)
        status = pb.Status(state=pb.WORKER_STATE_READY, load=pb.Load(places=9), environments=[version])
        self._control.say(pb.Event(status=status))
        async with asyncio.timeout(DEADLINE):
            while self.scene.workers.fingerprints("python") != [fingerprint] * bool(fingerprint):
                await asyncio.sleep(0.001)

    async def tab(self) -> Tab:
        return await self.scene.tab()

    async def opening(self) -> tuple[WorkerEnd, pb.Request]:
        """Return the next link on which a session is to be opened."""
        link = await self.scene.worker.link()
        return link, await link.expect("open")

    async def running(self, fingerprint: bytes = FINGERPRINT) -> WorkerEnd:
        """Open the session of a run; return its link, the evaluation begun."""
        link, request = await self.opening()
        self._sessions += 1
        session = f"w1-{self._sessions}"
        link.say(
            pb.Event(request=request.id, session=session, opened=pb.Opened(token="secret", fingerprint=fingerprint))
        )
        evaluate = (await link.expect("evaluate")).evaluate
        assert evaluate.watched and evaluate.evaluation and not evaluate.cell
        link.say(pb.Event(session=session, sequence=1, queued=pb.Queued()))
        link.say(pb.Event(session=session, sequence=2, started=pb.Started(), time=RAN))
        return link

    def kept(self, what: str) -> float:
        """Return a counter of the cache."""
        return counter(self.scene, f"sagews_cache_{what}_total")


def counter(scene: Stage, name: str) -> float:
    lines = scene.metrics.exposition().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@asynccontextmanager
async def play(folder: Path) -> AsyncIterator[Play]:
    async with stage(folder) as scene:
        scene.workers.start()
        async with asyncio.timeout(DEADLINE):
            control = await scene.worker.control.get()
        playing = Play(scene, control)
        await playing.announce(FINGERPRINT)
        try:
            yield playing
        finally:
            async with asyncio.timeout(DEADLINE):
                await scene.runs.close()
            await scene.workers.stop()


def output(sequence: int, body: bytes = b"{}", kind: pb.OutputKind = pb.OUTPUT_KIND_STREAM) -> pb.Event:
    return pb.Event(session="w1-1", sequence=sequence, output=pb.Output(kind=kind, body=body))


def done(sequence: int, reason: pb.EvaluationReason = pb.EVALUATION_REASON_DONE, **fields: Any) -> pb.Event:
    return pb.Event(session="w1-1", sequence=sequence, done=pb.Done(reason=reason, text="So.", **fields))


def ended(sequence: int, text: str = "It was closed.") -> pb.Event:
    return pb.Event(session="w1-1", sequence=sequence, ended=pb.Ended(reason=pb.SESSION_REASON_CLOSED, text=text))


async def told(tab: Tab, *kinds: str, name: str = NAMES[0], first: int = 1) -> list[Json]:
    """Return the next events of an evaluation, which must be of these kinds and numbered from `first`."""
    events = [await tab.told(kind) for kind in kinds]
    assert [event["sequence"] for event in events] == list(range(first, first + len(kinds)))
    assert {event["evaluation"] for event in events} == {name} and {event["session"] for event in events} == {""}
    return events


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
