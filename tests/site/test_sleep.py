"""A laptop that sleeps and a phone that changes network: output goes on meanwhile, and all of it comes, once."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.site.client_end import Json, connected, text_of
from tests.site.relay import relay
from tests.site.two_backends import two_backends

SLEEP = 600 if os.environ.get("SAGEWS_PROVE") else 4
"""Seconds of sleep."""


@asynccontextmanager
async def laptop(url: str, code: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `sagews run` on a site, its output in files."""
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        command = [sys.executable, "-m", "sagews", "run", "--server", url, "-c", code, "--output", str(folder)]
        process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=err)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def printed(folder: Path, deadline: float) -> None:
    """Wait until something is printed."""
    async with asyncio.timeout(deadline):
        while not (folder / "out").stat().st_size:
            await asyncio.sleep(0.05)


async def sleeps(process: asyncio.subprocess.Process, folder: Path) -> tuple[str, str]:
    """Have the laptop sleep as soon as there is output; return what it has printed when it is done."""
    await printed(folder, 30)
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(SLEEP)
    process.send_signal(signal.SIGCONT)
    assert await asyncio.wait_for(process.wait(), 120) == 0, (folder / "err").read_text()
    return (folder / "out").read_text(), (folder / "err").read_text()


@pytest.mark.timeout(900)
async def test_all_output_of_a_sleep_is_there_afterwards(tmp_path: Path) -> None:
    count = 20 * (SLEEP + 4)
    code = f"import time\nfor number in range({count}): print(number, flush=True); time.sleep(0.05)"
    with two_backends(tmp_path, limits="grace = 900\nwall_time = 0") as site:
        async with laptop(site.one.url, code, tmp_path) as process:
            out, _ = await sleeps(process, tmp_path)
    assert out.split() == [str(number) for number in range(count)]


@pytest.mark.timeout(900)
async def test_what_could_not_be_kept_is_a_gap_with_its_size(tmp_path: Path) -> None:
    """Far more is put out than the worker keeps and the way to the sleeper holds."""
    size, count = 20_000, 400 * 4
    code = f"import time\nfor number in range({count}): print(number, 'x' * {size}, flush=True); time.sleep(0.0025)"
    limits = "grace = 900\nwall_time = 0\nevent_rate = 0\noutput_bytes = 100_000_000"
    with two_backends(tmp_path, limits=limits, worker="replay_bytes = 2_000_000") as site:
        async with laptop(site.one.url, code, tmp_path) as process:
            out, err = await sleeps(process, tmp_path)
    numbers = [int(line.split()[0]) for line in out.splitlines() if line and line[0].isdigit()]
    assert numbers == sorted(set(numbers)) and numbers[-1] == count - 1
    gaps = re.findall(r"([\d,]+) events \(([\d,]+) bytes\) are missing here", err)
    assert gaps and len(numbers) < count
    assert all(int(size.replace(",", "")) > 0 for _, size in gaps)


async def test_a_phone_that_changes_network_gets_each_output_once(tmp_path: Path) -> None:
    """The old connection is dead, and neither end knows it yet, while the new one is there already."""
    with two_backends(tmp_path) as site:
        async with AsyncExitStack() as stack:
            mobile = await stack.enter_async_context(relay(site.one.port))
            home = await stack.enter_async_context(relay(site.two.port))
            old = await stack.enter_async_context(connected(mobile.url))
            session = await old.open()
            code = "import time\nfor n in range(60): print(n, flush=True); time.sleep(0.05)"
            await old.send("evaluate", session=session, evaluation="e", code=code)
            seen = await old.until("output")
            last = seen[-1]["sequence"]
            mobile.freeze()
            for there in (home.url, site.one.url):  # the other backend, and the same one
                new = await stack.enter_async_context(connected(there))
                await new.send("attach", session=session, token=old.opened["token"], after_sequence=last)
                more = await new.until("attached")
                more += await new.until("output")
                seen += numbered(more)
                last = seen[-1]["sequence"]
            seen += numbered(await new.until("done"))
            assert text_of(seen).split() == [str(n) for n in range(60)]
            assert [event["sequence"] for event in numbered(seen)] == list(range(1, len(numbered(seen)) + 1))
            # What was on the way on the old one comes at last: the same events, by their numbers.
            mobile.thaw()
            late = numbered(await old.until("done"))
            by_number = {event["sequence"]: event for event in numbered(seen)}
            assert late and all(_same(event, by_number[event["sequence"]]) for event in late)


def numbered(events: list[Json]) -> list[Json]:
    return [event for event in events if event["sequence"]]


def _same(one: Json, other: Json) -> bool:
    """Whether two are one event; what is replayed says for whom."""
    return {**one, "request": 0} == {**other, "request": 0}
