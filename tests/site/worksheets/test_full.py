"""Where the workspaces of an account are full, its worksheets grow no more: that is told, and nothing is lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.worksheets.editor import Editor, notebook
from tests.site.workspaces.house import House, running_house

DEADLINE = 30.0
CONFIG = "[quotas.account]\nstorage = 20000\n"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[House]:
    with running_house(tmp_path, None, CONFIG) as house:
        yield house


async def test_what_adds_is_refused_and_what_deletes_is_taken(full: House) -> None:
    async with full.person() as owner, asyncio.timeout(DEADLINE):
        where = await owner.make()
        await owner.save(where, "", {"a.ipynb": notebook("x = 1", "y")})
        one = Editor(where, "a.ipynb")
        async with one.at(owner.one):
            one.write(0, 0, "#" * 30_000)
            await one.send_all()
            refused = None
            while refused is None:
                # A moment ago there was room.
                one.write(1, 0, "λ")
                answer = await one.edit(one.unacknowledged[0])
                if answer["kind"] == "failure":
                    refused = answer
                else:
                    one.unacknowledged.clear()
                    await asyncio.sleep(0.2)
            assert refused["code"] == "no_space" and refused["retry_after"] > 0
            assert "the workspaces of its owner would take up" in refused["what"] and "delete" in refused["hint"]
            ran = {"evaluation": "e1", "cell": "c0", "code": "1"}
            answer = await one.ask("evaluate_cell", worksheet=one.worksheet, **ran)
            assert (answer["kind"], answer["code"]) == ("failure", "no_space")
            (kept,) = one.unacknowledged
            one.erase(0, 0, 30_000)
            assert (await one.edit(one.unacknowledged[1]))["kind"] == "worksheet_edited"
            # What was refused is taken when there is room again; here there is none.
            assert (await one.edit(kept))["code"] == "no_space"
        fresh = Editor(where, "a.ipynb")
        async with fresh.at(owner.one):
            assert fresh.sources[0] == "x = 1" and "λ" in fresh.sources[1]
