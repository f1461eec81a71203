"""A database that goes, comes back, knows another password, or has its transactions spoiled: others notice little."""

import asyncio
import time
from pathlib import Path

import aiohttp

from tests.postgresql import PASSWORD, USER, PostgreSQL
from tests.replay.worksheets import nothing_is_left, owner, server, workshop, workspace
from tests.site.worksheets.editor import Editor, notebook
from tests.site.worksheets.workbench import Workbench, Workshop, text_of
from tests.site.workspaces.house import Person

__all__ = ["nothing_is_left", "owner", "server", "workshop", "workspace"]

DEADLINE = 90.0
AWAY = 5.0
"""Seconds that the database is away."""
BACK = 10.0
"""Seconds after its start in which all is as before."""


async def test_connections_that_were_ended_while_idle_cost_nothing(
    owner: Person, workspace: str, server: PostgreSQL
) -> None:
    """End all connections of the site by `pg_terminate_backend`: the next request of each backend is answered.

    Source: jupyterhub/jupyterhub#450.
    """
    one = Editor(workspace, "a.ipynb")
    async with asyncio.timeout(DEADLINE), one.at(owner.one):
        for number in range(3):
            assert await server.cut_off_everybody() > 0
            assert (await owner.ask("GET", workspace, 200))["version"]
            assert (await owner.ask_two("GET", workspace, 200))["version"]
            one.write(0, 0, f"{number}")
            await one.send_all()
    fresh = Editor(workspace, "a.ipynb")
    async with fresh.at(owner.two):
        assert fresh.sources[0] == "210x = 1"


async def test_a_database_that_was_stopped_under_load_is_found_again(
    owner: Person, workspace: str, server: PostgreSQL
) -> None:
    """Stop PostgreSQL for seconds while a cell runs and somebody writes: what needs it says so, the cell goes on.

    It is all there in under 10 s after its start, and no acknowledged edit is lost. Source: jupyterhub/jupyterhub#1626.
    """
    one, acknowledged = Workbench(workspace, "a.ipynb"), list[str]()
    async with asyncio.timeout(DEADLINE):
        async with one.at(owner.one):
            code = "import time\nfor n in range(400):\n    print(n, flush=True)\n    time.sleep(0.02)"
            name = await one.evaluate("c0", code)
            await one.until(lambda: one.pushed(name))
            for number in range(20):
                one.write(1, 0, f"<{number}>")
                await one.send_all()
                acknowledged.append(f"<{number}>")
            await asyncio.to_thread(server.stop)
            begun = time.monotonic()
            async with owner.one.http.get(f"{owner.one.base}/api/v1/workspaces{workspace}") as answer:
                assert answer.status == 503 and (await answer.json())["error"]["what"]
            await asyncio.sleep(max(0.0, AWAY - (time.monotonic() - begun)))
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(BACK):
                while await status(owner, workspace) != 200:
                    await asyncio.sleep(0.1)
                fresh = Editor(workspace, "a.ipynb")
                async with fresh.at(owner.two):
                    assert [word for word in acknowledged if word not in fresh.sources[1]] == []
                    fresh.write(2, 0, "again")
                    await fresh.send_all()
        again = Workbench(workspace, "a.ipynb")
        async with again.at(owner.two):
            await again.until(lambda: again.standing(name).get("state") == "ended", DEADLINE)
            assert text_of(await again.outputs(name)) == "".join(f"{n}\n" for n in range(400))


async def status(owner: Person, workspace: str) -> int:
    async with owner.one.http.get(f"{owner.one.base}/api/v1/workspaces{workspace}") as answer:
        return answer.status


async def test_a_password_that_is_wrong_is_told_and_not_logged(
    owner: Person, workspace: str, server: PostgreSQL, workshop: Workshop
) -> None:
    """Change the password in the database: requests say at once that it cannot be used, the log says why, without it.

    With the right one it is used again, without a restart. Source: sagemathinc/cocalc#5997.
    """
    async with asyncio.timeout(DEADLINE):
        await server.ask(f"ALTER ROLE {USER} PASSWORD 'another one'")
        try:
            await server.cut_off_everybody()
            begun = time.monotonic()
            while await status(owner, workspace) != 503:
                await asyncio.sleep(0.1)
            assert time.monotonic() - begun < BACK
        finally:
            await server.ask(f"ALTER ROLE {USER} PASSWORD '{PASSWORD}'")
        while await status(owner, workspace) != 200:
            await asyncio.sleep(0.1)
    for backend in (workshop.house.one, workshop.house.two):
        log = Path(backend.log).read_text()
        assert PASSWORD not in log and "another one" not in log
    assert "password authentication failed" in Path(workshop.house.one.log).read_text()


async def test_a_transaction_that_was_spoiled_poisons_no_other(
    owner: Person, workspace: str, server: PostgreSQL
) -> None:
    """Save on one version at once, many times; one of two loses, or its files are copies: whoever asks next is served.

    Source: jupyterhub/jupyterhub#1179, pangeo-data/pangeo#65.
    """

    async def save(caller: aiohttp.ClientSession, base: str, number: int) -> int:
        files = [{"path": f"{number}.txt", "text": "x"}, {"path": "same.txt", "text": f"{number}"}]
        url = f"{owner.one.base if number % 2 else owner.two.base}/api/v1/workspaces{workspace}/save"
        async with caller.post(url, json={"base": base, "files": files}) as answer:
            await answer.read()
            return answer.status

    async with asyncio.timeout(DEADLINE):
        for _ in range(3):
            base = (await owner.ask("GET", workspace, 200))["version"]
            callers = [owner.two.http if number % 2 == 0 else owner.one.http for number in range(8)]
            found = await asyncio.gather(*(save(each, base, number) for number, each in enumerate(callers)))
            assert set(found) <= {200, 409} and 200 in found
            for ask in (owner.ask, owner.ask_two):
                assert (await ask("GET", workspace, 200))["version"]
        files = await owner.files(workspace)
        assert "same.txt" in files
        await owner.save(workspace, (await owner.ask("GET", workspace, 200))["version"], {"b.ipynb": notebook("1")})
