"""The worker over its Unix socket: requests in, events out, and nothing of a session left."""

import asyncio
import json
import signal
import struct
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import frame
from tests.site.worker_process import QUICK, BackendEnd, RunningWorker, link_to, running_worker, stdout_of, told


async def test_an_evaluation_from_queue_to_done(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        events = await link.evaluate("1+1", cell="c1")
        assert told(events) == ["queued", "started", "output:execute_result", "done:done"]
        assert [event.sequence for event in events] == [1, 2, 3, 4]
        assert (events[0].queued.cell, events[0].queued.code) == ("c1", "1+1")
        assert json.loads(events[2].output.body)["data"]["text/plain"] == "2"


async def test_text_around_a_display_keeps_its_order(worker: RunningWorker) -> None:
    code = "import os\nprint('a'); display(1); os.system('echo b'); print('c'); display(2); print('d')"
    async with link_to(worker) as link:
        for _ in range(5):
            events = await link.evaluate(code)
            order = []
            for event in events:
                if event.WhichOneof("kind") == "output":
                    body = json.loads(event.output.body)
                    order.append(body["text"] if "text" in body else body["data"]["text/plain"])
            assert "".join(order).replace("\n", "") == "a1bc2d"


async def test_an_error_drops_what_waits(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        for name, code in (("a", "1/0"), ("b", "print(1)")):
            link.send(evaluate=pb.Evaluate(evaluation=name, code=code))
        events = await link.until("done")
        events += await link.until("done")
        assert told(events)[-3:] == ["output:error", "done:error", "done:not_run"]
        assert events[-1].done.text == "Not run: the evaluation before it ended with an error."


async def test_an_interrupt_stops_one_and_drops_the_rest(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        for name, code in (("a", "while True: pass"), ("b", "print(1)"), ("c", "print(2)")):
            link.send(evaluate=pb.Evaluate(evaluation=name, code=code))
        await link.until("started")
        await asyncio.sleep(0.2)
        link.send(interrupt=pb.Interrupt())
        done = {}
        while len(done) < 3:
            event = (await link.until("done"))[-1]
            done[event.evaluation] = event.done.reason
        assert done == {
            "a": pb.EVALUATION_REASON_INTERRUPTED,
            "b": pb.EVALUATION_REASON_NOT_RUN,
            "c": pb.EVALUATION_REASON_NOT_RUN,
        }
        assert stdout_of(await link.evaluate("print('still here')")) == "still here\n"


async def test_the_same_evaluation_sent_twice_runs_once(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        await link.evaluate("n = 1", "a")
        link.send(evaluate=pb.Evaluate(evaluation="b", code="n += 1"))
        link.send(evaluate=pb.Evaluate(evaluation="b", code="n += 1"))
        assert stdout_of(await link.evaluate("print(n)", "c")) == "2\n"


async def test_wall_time_ends_an_evaluation_and_the_session_lives(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        await link.evaluate("x = 5")
        events = await link.evaluate("while True: pass", limits=pb.Limits(wall_time=0.3))
        assert told(events)[-1] == "done:wall_time"
        assert "0.3 s" in events[-1].done.text
        assert stdout_of(await link.evaluate("print(x)")) == "5\n"


async def test_what_ignores_the_interrupt_is_killed_and_told(worker: RunningWorker) -> None:
    code = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    async with link_to(worker) as link:
        events = await link.evaluate(code, limits=pb.Limits(wall_time=0.3))
        events += await link.until("ended")
        assert told(events)[-2:] == ["done:wall_time", "ended:killed"]
        assert "did not stop" in events[-1].ended.text


async def test_endless_output_is_cut_with_a_mark(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        events = await link.evaluate("while True: print('x' * 1000)", limits=pb.Limits(output_bytes=100_000))
        assert told(events)[-2:] == ["truncated", "done:output"]
        assert len(stdout_of(events)) == 100_000


@pytest.mark.parametrize("code", ["for _ in range(20_000): print('abcd')", "print('abcd\\n' * 20_000)"])
async def test_many_small_prints_count_as_one_large(worker: RunningWorker, code: str) -> None:
    async with link_to(worker) as link:
        within = await link.evaluate(code, limits=pb.Limits(output_bytes=100_001))
        assert told(within)[-1] == "done:done"
        beyond = await link.evaluate(code, limits=pb.Limits(output_bytes=99_000))
        assert told(beyond)[-1] == "done:output"
        assert len(stdout_of(beyond)) == 99_000


async def test_input_is_asked_and_answered_once(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        link.send(evaluate=pb.Evaluate(evaluation="a", code="print('hello', input('name? '))"))
        events = await link.until("output")
        assert told(events)[-1] == "output:input_request"
        link.send(input_reply=pb.InputReply(sequence=events[-1].sequence + 5, text="stale"))
        link.send(input_reply=pb.InputReply(sequence=events[-1].sequence, text="Ada"))
        link.send(input_reply=pb.InputReply(sequence=events[-1].sequence, text="twice"))
        rest = await link.until("done")
        assert told(rest)[0] == "input_taken"
        assert stdout_of(rest) == "hello Ada\n"


async def test_a_second_link_gets_the_same_events(worker: RunningWorker) -> None:
    async with link_to(worker) as first, link_to(worker, opened=False) as second:
        before = await first.evaluate("print('before')")
        second.send(attach=pb.Attach(session=first.session, token=first.token, after_sequence=2))
        replayed = await second.until("attached")
        assert [event.sequence for event in replayed[:-1]] == [event.sequence for event in before[2:]]
        assert all(event.request for event in replayed)
        live = await first.evaluate("print('live')")
        seen = await second.until("done")
        assert [event.sequence for event in seen] == [event.sequence for event in live]
        assert not any(event.request for event in seen)


async def test_a_link_that_attaches_again_gets_one_more_replay(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        events = await link.evaluate("print(1)")
        request = link.send(attach=pb.Attach(session=link.session, token=link.token))
        replayed = await link.until("attached")
        assert {event.request for event in replayed} == {request}
        assert told(replayed[:-1]) == told(events)
        assert told(await link.evaluate("2"))[-1] == "done:done"


async def test_a_session_outlives_its_link(worker: RunningWorker) -> None:
    async with link_to(worker) as first:
        await first.evaluate("x = 41")
    async with link_to(worker, opened=False) as second:
        second.send(attach=pb.Attach(session=first.session, token=first.token))
        await second.until("attached")
        assert stdout_of(await second.evaluate("print(x + 1)", "again")) == "42\n"


async def failure(link: BackendEnd) -> str:
    event = (await link.until("failure"))[-1]
    return pb.FailureCode.Name(event.failure.code).removeprefix("FAILURE_CODE_").lower()


async def test_refusals(worker: RunningWorker) -> None:
    async with link_to(worker, opened=False) as link:
        link.send(evaluate=pb.Evaluate(evaluation="a", code="1"))
        assert await failure(link) == "out_of_order"
        link.send(attach=pb.Attach(session="w1-none", token="x"))
        assert await failure(link) == "unknown_session"
        link.send(open=pb.Open(environment="fortran"))
        assert await failure(link) == "unknown_environment"
        await link.open()
        link.send(open=pb.Open())
        assert await failure(link) == "out_of_order"
        link.send(evaluate=pb.Evaluate(evaluation="a b", code="1"))
        assert await failure(link) == "bad_message"
        link.send(evaluate=pb.Evaluate(evaluation="a", code="x" * (1 << 20) + "x"))
        assert await failure(link) == "too_large"
        async with link_to(worker, opened=False) as other:
            other.send(attach=pb.Attach(session=link.session, token="wrong"))
            assert await failure(other) == "wrong_token"
        assert told(await link.evaluate("1"))[-1] == "done:done"


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", 0xFFFFFFFF),
        frame(b"\xff\xff\xff"),
        frame(pb.Request(open=pb.Open()).SerializeToString()),
        frame(pb.Request(hello=pb.Hello(version=99)).SerializeToString()),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_peer_that_speaks_nonsense_is_closed_with_a_reason(worker: RunningWorker, data: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(str(worker.socket))
    writer.write(data)
    async with asyncio.timeout(5):
        answer = await reader.read()
    event = pb.Event.FromString(answer[4:])
    assert event.WhichOneof("kind") == "failure"
    assert event.failure.what
    writer.close()
    async with link_to(worker) as link:
        assert told(await link.evaluate("1+1", deadline=2))[-1] == "done:done"


async def test_exit_is_told_with_its_status(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        events = await link.evaluate("import os; print('bye'); os._exit(3)")
        assert stdout_of(events) == "bye\n"
        events += await link.until("ended")
        assert told(events)[-2:] == ["done:session_ended", "ended:exited"]
        assert events[-1].ended.status == 3


async def test_a_crash_is_told_with_its_signal(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        events = await link.evaluate("import ctypes; ctypes.string_at(0)")
        events += await link.until("ended")
        assert told(events)[-1] == "ended:killed"
        assert events[-1].ended.status == signal.SIGSEGV


async def test_idleness_and_lifetime_end_a_session(worker: RunningWorker) -> None:
    for limits, reason in ((pb.Limits(idle=0.3), "idle"), (pb.Limits(lifetime=0.3), "lifetime")):
        async with link_to(worker, opened=False) as link:
            await link.open(limits=limits)
            assert told(await link.until("ended"))[-1] == f"ended:{reason}"


async def test_memory_beyond_the_limit_is_an_error_and_the_session_lives(worker: RunningWorker) -> None:
    async with link_to(worker, opened=False) as link:
        await link.open(limits=pb.Limits(address_space=300 << 20))
        events = await link.evaluate("b = bytearray(1 << 30)")
        assert told(events)[-1] == "done:error"
        assert "MemoryError" in json.loads(events[-2].output.body)["ename"]
        assert told(await link.evaluate("1+1"))[-1] == "done:done"


async def test_an_evaluation_that_stops_late_does_not_cost_the_session(worker: RunningWorker) -> None:
    code = "import time\ntry: time.sleep(9)\nexcept KeyboardInterrupt:\n    for _ in range(99): print('x' * 1000)"
    async with link_to(worker) as link:
        events = await link.evaluate(code, limits=pb.Limits(wall_time=0.3, output_bytes=50_000))
        assert told(events)[-1] == "done:output"
        await asyncio.sleep(3)
        assert stdout_of(await link.evaluate("print('alive')")) == "alive\n"


async def test_an_interrupt_that_comes_too_late_stops_nothing_else(worker: RunningWorker) -> None:
    async with link_to(worker) as link:
        for turn in range(15):
            link.send(evaluate=pb.Evaluate(evaluation=f"a{turn}", code="import time; time.sleep(0.02)"))
            await link.until("started")
            await asyncio.sleep(0.015 + turn * 0.001)
            link.send(interrupt=pb.Interrupt())
            await link.until("done")
            events = await link.evaluate("sum(range(1000))", f"b{turn}")
            assert told(events)[-1] == "done:done"


async def test_a_prompt_that_was_interrupted_is_void(worker: RunningWorker) -> None:
    code = "try:\n    input('1')\nexcept KeyboardInterrupt:\n    print(input('2'))"
    async with link_to(worker) as link:
        link.send(evaluate=pb.Evaluate(evaluation="a", code=code))
        first = (await link.until("output"))[-1]
        await asyncio.sleep(0.2)
        link.send(interrupt=pb.Interrupt())
        events = await link.until("output")
        assert [event.input_taken.input_sequence for event in events[:-1]] == [first.sequence]
        link.send(input_reply=pb.InputReply(sequence=events[-1].sequence, text="b"))
        assert stdout_of(await link.until("done")) == "b\n"


async def test_a_full_worker_says_so(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK + "[worker]\nmax_sessions = 1\n") as worker:
        async with link_to(worker), link_to(worker, opened=False) as second:
            second.send(open=pb.Open())
            assert await failure(second) == "full"


async def test_a_replay_that_is_over_its_bytes_shows_the_gap(tmp_path: Path) -> None:
    with running_worker(tmp_path, QUICK + "[worker]\nreplay_bytes = 20_000\n") as worker:
        async with link_to(worker) as link, link_to(worker, opened=False) as late:
            events = await link.evaluate("import time\nfor i in range(60): print('x' * 1000); time.sleep(0.02)")
            late.send(attach=pb.Attach(session=link.session, token=link.token))
            replayed = await late.until("attached")
            assert told(replayed)[0] == "gap"
            gap = replayed[0]
            assert gap.sequence == gap.gap.events
            assert gap.gap.bytes > 30_000
            numbers = [event.sequence for event in replayed[1:-1]]
            assert numbers == list(range(gap.sequence + 1, events[-1].sequence + 1))
