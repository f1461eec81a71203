"""What comes from outside comes whole: though a backend is killed in it, outputs are refused, or there is no room."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import delete

from sagews.config.quotas import Quota, Quotas
from sagews.database.merges import Merges
from sagews.database.outputs import MOST_BODY
from sagews.database.workspace_tables import WORKSPACE_TURN
from sagews.errors import WorkspaceError
from tests.unit.backend.worksheets.filed import EMMY, PATH, Filed, cell, filed, notebook, sources

DEADLINE = 600.0
PROVE = bool(os.environ.get("SAGEWS_PROVE"))
MOST_COMMITS = 30
"""Of which there are fewer."""
FEW = 8
"""Among which one is chosen where not all are tried."""
FIRST = notebook(cell("a", "x = 1\n"), cell("b", "2"))
WORDS = ("λόγος", "数学", "👩‍👩‍👧‍👦", "x", "\n")


@pytest.fixture
async def one(address: str, tmp_path: Path) -> AsyncIterator[Filed]:
    async with AsyncExitStack() as stack, asyncio.timeout(DEADLINE):
        yield await stack.enter_async_context(filed(tmp_path, address))


def stream(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}


async def test_a_backend_that_dies_in_it_leaves_nothing_half(one: Filed, address: str, tmp_path: Path) -> None:
    worksheet = await one.opened(FIRST)
    chance = random.Random()
    commits = range(1, MOST_COMMITS) if PROVE else (chance.randrange(1, FEW), MOST_COMMITS)
    writer = await one.writer(worksheet)
    for commit in commits:
        # Several updates long.
        long = "".join(chance.choice(WORDS) for _ in range(60_000))
        new = cell(f"n{commit}", long, outputs=[stream(f"{commit}\n")], execution_count=1)
        await one.put(notebook(cell("a", f"x = 1\ny = {commit}\n"), new, cell("b", "2")))
        code = await killed(tmp_path, address, commit)
        # Its turn would end by itself, in a while.
        await one.of.database.run(lambda connection: connection.execute(delete(WORKSPACE_TURN)))
        # Somebody goes on to write, in the middle of what has come so far, too.
        room = await one.of.rooms.open(worksheet.id)
        await room.catch_up()
        await asyncio.sleep(0)
        for number in range(len(writer.cells)):
            length = len(str(writer.source(number)))
            writer.write(number, length // 2, "‽")
        await writer.settle()
        assert await one.outside.take("w") == []
        found = [(each.id, each.source.replace("‽", "")) for each in (await one.values(worksheet)).cells]
        assert [each for each in found if not each[0].startswith("n") or each[0] == f"n{commit}"] == [
            ("a", f"x = 1\ny = {commit}\n"),
            (f"n{commit}", long),
            ("b", "2"),
        ]
        evaluation = (await one.evaluations.latest(worksheet.id))[f"n{commit}"]
        (output,) = await one.outputs.of_evaluation(evaluation.id)
        assert output.body == b'{"name":"stdout","text":"%d\\n"}' % commit and evaluation.state == "ended"
        assert await one.merges.of(worksheet.id) is None
        await one.snapshots.save(worksheet, EMMY)
        if code == 0:
            break
    assert code == 0


async def killed(folder: Path, url: str, commit: int) -> int:
    """Have another backend bring it in, which is killed before that commit; return how it ended."""
    arguments = ("-m", "tests.unit.backend.worksheets.merging_process", str(folder), url, str(commit))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    async with asyncio.timeout(90):
        code = await process.wait()
    assert code in (0, -signal.SIGKILL)
    return code


async def test_outputs_that_are_refused_leave_the_text_as_it_was(one: Filed) -> None:
    worksheet = await one.opened(FIRST)
    before = await one.values(worksheet)
    large = cell("b", "3", outputs=[stream("x" * MOST_BODY)], execution_count=1)
    small = cell("a", "x = 2\n", outputs=[stream("1")], execution_count=1)
    await one.put(notebook(small, large))
    (refused,) = await one.outside.take("w")
    assert "cell 2 (b): its output 1 has more than 16 MiB" in refused.why
    assert await one.values(worksheet) == before and await one.evaluations.latest(worksheet.id) == {}
    assert await one.outside.take("w") == []
    # With the next version it comes.
    await one.put(notebook(small, cell("b", "3")))
    assert await one.outside.take("w") == []
    assert [each.source for each in (await one.values(worksheet)).cells] == ["x = 2\n", "3"]
    assert list(await one.evaluations.latest(worksheet.id)) == ["a"]


async def test_what_its_owner_has_no_room_for_comes_when_there_is(one: Filed) -> None:
    worksheet = await one.opened(FIRST)
    before = await one.values(worksheet)
    await one.put(notebook(cell("a", "x = 2\n", outputs=[stream("y" * 200_000)], execution_count=1)))
    one.agreement.merges = Merges(one.of.database, Quotas(account=Quota(storage=150_000)))
    (refused,) = await one.outside.take("w")
    assert refused.path == PATH and "may take up" in refused.why
    with pytest.raises(WorkspaceError, match="may take up"):
        await one.snapshots.save(worksheet, EMMY)
    assert await one.values(worksheet) == before and await one.evaluations.latest(worksheet.id) == {}
    one.agreement.merges = one.merges
    assert await one.outside.take("w") == []
    assert [each.source for each in (await one.values(worksheet)).cells] == ["x = 2\n"]
    assert sources(await one.text()) == ["x = 2\n"]
