"""Several links on one session: each gets every event in order, and one that does not read slows nobody."""

import asyncio
import json
from pathlib import Path

from sagews.protocol import sagews_pb2 as pb
from tests.site.worker_process import link_to, running_worker, stdout_of, told

CONFIG = """
[[environment]]
name = "python"
preload = []
spares = 0
[limits]
output_bytes = 67_108_864
[worker]
stall_seconds = 2
replay_bytes = 4_000_000
"""
CODE = "import sys, time\nfor i in range(100): sys.stdout.write('x' * 100_000); sys.stdout.flush(); time.sleep(0.01)"


async def test_one_that_does_not_read_is_cut_off_and_comes_back_to_a_gap(tmp_path: Path) -> None:
    with running_worker(tmp_path, CONFIG) as worker:
        async with (
            link_to(worker) as first,
            link_to(worker, opened=False) as second,
            link_to(worker, opened=False) as slow,
        ):
            for link in (second, slow):
                link.send(attach=pb.Attach(session=first.session, token=first.token))
                await link.until("attached")
            # The two others read; from here on `slow` reads nothing: its socket fills, then the worker's send buffer.
            events, seen = await asyncio.gather(first.evaluate(CODE, "a"), second.until("done"))
            assert len(stdout_of(events)) == 10_000_000
            assert [event.sequence for event in events] == list(range(1, len(events) + 1))
            assert [event.sequence for event in seen] == [event.sequence for event in events]
            async with asyncio.timeout(15):
                while "link cut off" not in worker.log.read_text():
                    await asyncio.sleep(0.05)
            lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
            (cut,) = [line for line in lines if line["event"] == "link cut off"]
            assert (cut["session"], cut["why"]) == (first.session, "does not read its events")
            more = await first.evaluate("print('goes on')", "b")
            assert stdout_of(more) == "goes on\n"
            # It comes back for what it did not get: a gap with its size where too much was missed, then the rest.
            kept = 0
            try:
                while True:
                    kept = max(kept, (await slow.event()).sequence)
            except (EOFError, ConnectionError):
                pass
            assert kept < events[-1].sequence
            async with link_to(worker, opened=False) as back:
                back.send(attach=pb.Attach(session=first.session, token=first.token, after_sequence=kept))
                replayed = await back.until("attached")
            assert told(replayed)[0] == "gap"
            gap = replayed[0]
            assert gap.sequence - gap.gap.events == kept and gap.gap.bytes > 0
            assert [event.sequence for event in replayed[1:-1]] == list(range(gap.sequence + 1, more[-1].sequence + 1))


async def test_one_that_reads_slowly_is_not_cut_off_and_misses_nothing_that_is_kept(tmp_path: Path) -> None:
    with running_worker(tmp_path, CONFIG.replace("4_000_000", "50_000_000")) as worker:
        async with link_to(worker) as first, link_to(worker, opened=False) as slow:
            slow.send(attach=pb.Attach(session=first.session, token=first.token))
            await slow.until("attached")
            events = await first.evaluate(CODE, "a")
            seen: list[pb.Event] = []
            while not seen or seen[-1].WhichOneof("kind") != "done":
                seen.append(await slow.event())
                await asyncio.sleep(0.04)  # 100 events in 4 s: twice the patience, with progress all the time
            assert [event.sequence for event in seen] == [event.sequence for event in events]
        assert "link cut off" not in worker.log.read_text()


async def test_each_begins_at_the_number_that_it_names(tmp_path: Path) -> None:
    with running_worker(tmp_path, CONFIG) as worker:
        async with link_to(worker) as first:
            await first.evaluate("1", "a")
            for after in range(5):
                async with link_to(worker, opened=False) as link:
                    link.send(attach=pb.Attach(session=first.session, token=first.token, after_sequence=after))
                    replayed = await link.until("attached")
                    assert [event.sequence for event in replayed[:-1]] == list(range(after + 1, 5))
                    assert replayed[-1].attached.last_sequence == 4


async def test_who_asks_without_end_and_does_not_read_is_cut_off(tmp_path: Path) -> None:
    with running_worker(tmp_path, CONFIG) as worker:
        async with link_to(worker) as greedy, link_to(worker) as other:
            attach = pb.Attach(session=greedy.session, token=greedy.token)
            await greedy.evaluate("print('x' * 1_500_000)", "a")
            for _ in range(40):
                for _ in range(100):
                    greedy.send(attach=attach)
                await asyncio.sleep(0)
            assert told(await other.evaluate("1", "b"))[-1] == "done:done"
            async with asyncio.timeout(15):
                while "link cut off" not in worker.log.read_text():
                    await asyncio.sleep(0.05)
            assert told(await other.evaluate("1", "c"))[-1] == "done:done"
