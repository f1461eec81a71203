"""Backends that are killed while they attend a session: another one goes on; each output is there once, in order."""

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgreSQL, running_postgresql
from tests.site.worksheets.editor import notebook
from tests.site.worksheets.workbench import Workbench, Workshop, kinds, running_workshop, text_of

ROUNDS = 60 if os.environ.get("SAGEWS_PROVE") else 2
OUTPUTS = 10_000
DEADLINE = 90.0
CODE = f"""
from IPython.display import display
for number in range({OUTPUTS}):
    display({{"text/plain": f"λ{{number}}"}}, raw=True)
"""
FREE = "event_rate = 0\noutput_bytes = 0"


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
def workshop(request: pytest.FixtureRequest, server: PostgreSQL, tmp_path: Path) -> Iterator[Workshop]:
    """Give a workshop of one's own, some part of which is killed, with these limits."""
    with running_workshop(tmp_path, server, limits=request.param) as workshop:
        yield workshop


@pytest.mark.parametrize("workshop", [FREE], indirect=True, ids=["free"])
@pytest.mark.parametrize("number", range(ROUNDS))
async def test_another_backend_goes_on_where_the_rows_stop(workshop: Workshop, number: int) -> None:
    chance = random.Random(number)
    async with asyncio.timeout(3 * DEADLINE), workshop.house.person() as owner:
        workspace = await owner.make()
        await owner.save(workspace, "", {"a.ipynb": notebook("")})
        one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
        async with two.at(owner.two):
            async with one.at(owner.one):
                name = await one.evaluate("c0", CODE)
                waiting = await one.evaluate("c1", "print('then this')")
                most = chance.randrange(1, OUTPUTS // 2)
                await one.until(lambda: len(one.pushed(name)) >= most, DEADLINE)
                workshop.house.one.process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(workshop.house.one.process.wait, DEADLINE)
            await two.until(lambda: two.standing(waiting).get("state") == "ended", DEADLINE)
            assert two.standing(name)["reason"] == two.standing(waiting)["reason"] == "done"
            shown = await two.outputs(name)
            wanted = [f"λ{each}" for each in range(OUTPUTS)]
            assert kinds(shown) == ["display_data"] * OUTPUTS
            assert [json.loads(each["body"])["data"]["text/plain"] for each in shown] == wanted
            assert text_of(await two.outputs(waiting)) == "then this\n"
            # Who looked on was told each of them once, too.
            assert [each["sequence"] for each in two.pushed(name)] == [each["sequence"] for each in shown]


@pytest.mark.parametrize("workshop", [FREE], indirect=True, ids=["free"])
async def test_a_database_that_is_away_for_some_seconds_loses_nothing(workshop: Workshop, server: PostgreSQL) -> None:
    async with asyncio.timeout(3 * DEADLINE), workshop.house.person() as owner:
        workspace = await owner.make()
        await owner.save(workspace, "", {"a.ipynb": notebook("")})
        one = Workbench(workspace, "a.ipynb")
        async with one.at(owner.one):
            code = "import time\nfor n in range(2000):\n    print(n, flush=True)\n    time.sleep(0.002)"
            name = await one.evaluate("c0", code)
            await one.until(lambda: one.pushed(name))
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(4)
            await asyncio.to_thread(server.start)
            await one.until(lambda: one.standing(name).get("state") == "ended", DEADLINE)
            expected = "".join(f"{n}\n" for n in range(2000))
            assert text_of(await one.outputs(name)) == expected == text_of(one.pushed(name))
            assert one.standing(name)["reason"] == "done"


@pytest.mark.parametrize("workshop", ["idle = 2"], indirect=True, ids=["idle"])
async def test_what_ends_a_session_is_told(workshop: Workshop) -> None:
    async with asyncio.timeout(3 * DEADLINE), workshop.house.person() as owner:
        workspace = await owner.make()
        await owner.save(workspace, "", {"a.ipynb": notebook("")})
        one = Workbench(workspace, "a.ipynb")
        async with one.at(owner.two):
            await one.settled(await one.evaluate("c0", "x = 1"))
            await one.until(lambda: one.session["state"] == "ended")
            assert one.session["reason"] == "idle" and "was not used for" in one.session["text"]
            running = await one.evaluate("c0", "print(1, flush=True)\nimport time; time.sleep(60)")
            await one.until(lambda: one.pushed(running))
            # The worker is lost, with all that runs.
            workshop.worker.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(workshop.worker.process.wait, DEADLINE)
            ended = await one.settled(running)
            assert ended["reason"] == "session_ended" and "worker was lost" in ended["text"]
            await one.until(lambda: one.session["state"] == "ended")
            assert one.session["reason"] == "worker_lost"
