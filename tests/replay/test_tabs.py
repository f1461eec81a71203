"""Several tabs with worksheets: equal after each step, complete after a return, and none harmed by another."""

import asyncio
import random

from tests.replay.worksheets import nothing_is_left, owner, server, workshop, workspace
from tests.site.worksheets.editor import Editor, notebook
from tests.site.worksheets.workbench import Workbench, text_of
from tests.site.workspaces.house import Person

__all__ = ["nothing_is_left", "owner", "server", "workshop", "workspace"]

LIMITS = "idle = 3"
TURNS, DOCUMENTS = 20, 30
DEADLINE = 60.0


async def test_a_tab_that_comes_back_has_every_line_once(owner: Person, workspace: str) -> None:
    """Print 1 to 60, go away in the middle, come back at another backend: all lines are there once, in order.

    Source: jupyter/notebook#4105 and #5243; the page has another connection then, and what was kept for the former
    one is not thrown away.
    """
    lines = "".join(f"{number}\n" for number in range(1, 61))
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with asyncio.timeout(DEADLINE):
        async with one.at(owner.one):
            code = "import time\nfor n in range(1, 61):\n    print(n, flush=True)\n    time.sleep(0.03)"
            name = await one.evaluate("c0", code)
            await one.until(lambda: one.pushed(name))
        await asyncio.sleep(0.5)
        async with two.at(owner.two):
            await two.until(lambda: two.standing(name).get("state") == "ended", DEADLINE)
            assert text_of(await two.outputs(name)) == lines


async def test_reloads_within_a_running_cell_lose_nothing(owner: Person, workspace: str) -> None:
    """Open the worksheet anew five times while a cell runs: each time it is shown as running, and all is there.

    Source: jupyter/notebook#1150. Opened once more after its end, and run again, it runs (jupyter-book/myst-theme#425).
    """
    async with asyncio.timeout(DEADLINE):
        name = ""
        for number in range(6):
            tab = Workbench(workspace, "a.ipynb")
            async with tab.at(owner.one if number % 2 else owner.two):
                if not number:
                    code = "import time\nfor n in range(100):\n    print(n, flush=True)\n    time.sleep(0.04)"
                    name = await tab.evaluate("c0", code)
                await tab.until(lambda tab=tab, name=name: tab.standing(name).get("state") == "running")
                if number == 5:
                    assert (await tab.settled(name))["reason"] == "done"
                    assert text_of(await tab.outputs(name)) == "".join(f"{n}\n" for n in range(100))
                    again = await tab.evaluate("c0", "print(n)")
                    assert (await tab.settled(again))["reason"] == "done"
                    assert text_of(await tab.outputs(again)) == "99\n"


async def test_two_tabs_stay_equal(owner: Person, workspace: str) -> None:
    """Edit and run in one tab, then in the other, twenty times: both have the same after each step, and it is stored.

    Source: sagemathinc/cocalc#487.
    """
    tabs = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with asyncio.timeout(DEADLINE), tabs[0].at(owner.one), tabs[1].at(owner.two):
        for number in range(TURNS):
            acts, sees = tabs[number % 2], tabs[1 - number % 2]
            acts.write(0, 0, f"{number} λ😀 ")
            await acts.send_all()
            name = await acts.evaluate("c0", f"print({number})")
            await acts.settled(name)
            await sees.settled(name)
            await sees.until(lambda acts=acts, sees=sees: sees.sources == acts.sources)
            assert text_of(await acts.outputs(name)) == text_of(await sees.outputs(name)) == f"{number}\n"
            fresh = Editor(workspace, "a.ipynb")
            async with fresh.at(owner.one):
                await fresh.until(lambda fresh=fresh, acts=acts: fresh.sources == acts.sources)


async def test_many_documents_recover_each_by_itself(owner: Person) -> None:
    """Open thirty worksheets, drop connections at random while all write: none harms another, each has all of its own.

    Source: marimo-team/marimo#1653.
    """
    chance = random.Random()
    where = await owner.make()
    await owner.save(where, "", {f"{number}.ipynb": notebook(f"{number}") for number in range(DOCUMENTS)})

    async def live(number: int) -> None:
        one, own = Editor(where, f"{number}.ipynb"), ""
        for _ in range(3):
            async with one.at(chance.choice((owner.one, owner.two))):
                for letter in "αβ":
                    one.write(0, 0, letter)
                    own = letter + own
                    await one.send_all()
                # It goes with something that nobody has acknowledged.
                one.write(0, 0, "!")
                own = "!" + own
        async with one.at(owner.one):
            assert one.sources == [f"{own}{number}"]
        fresh = Editor(where, f"{number}.ipynb")
        async with fresh.at(owner.two):
            await fresh.until(lambda: fresh.sources == [f"{own}{number}"])

    async with asyncio.timeout(2 * DEADLINE):
        await asyncio.gather(*(live(number) for number in range(DOCUMENTS)))


async def test_a_session_that_was_ended_meanwhile_is_said_to_be_new(owner: Person, workspace: str) -> None:
    """Let the session's time without use pass, then run a cell: why it ended was told, and the cell runs in a new one.

    Source: jupyter-book/thebe#255.
    """
    one = Workbench(workspace, "a.ipynb")
    async with asyncio.timeout(DEADLINE), one.at(owner.one):
        await one.settled(await one.evaluate("c0", "x = 1"))
        await one.until(lambda: one.session["state"] == "ended", DEADLINE)
        told = [event for event in one.events if event["kind"] == "worksheet_session"][-1]
        assert told["reason"] == "idle" and "variables" in told["text"], told
        name = await one.evaluate("c0", "x")
        assert (await one.settled(name))["reason"] == "error"
        assert "NameError" in (await one.outputs(name))[0]["body"]
        name = await one.evaluate("c0", "print(2)")
        await one.settled(name)
        assert text_of(await one.outputs(name)) == "2\n"
