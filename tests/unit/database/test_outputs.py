"""Outputs in both databases: kept exactly once, whoever brings them and however often."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.evaluations import Evaluation, Evaluations
from sagews.database.outputs import MOST_BODY, Output, Outputs
from sagews.database.worksheets import Worksheets
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorksheetError
from tests.unit.database.emptied import database

__all__ = ["database"]

DEADLINE = 30.0


@pytest.fixture
async def outputs(database: Database) -> Outputs:
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    worksheet = (await Worksheets(database).add("w", "a.ipynb", b"base")).id
    for name, session in (("e1", "s1"), ("e2", "s1"), ("e3", "s2")):
        await Evaluations(database).add(Evaluation(name, worksheet, "c", session, b""))
    return Outputs(database)


def said(sequence: int, body: bytes = b"{}", evaluation: str = "e1", session: str = "s1") -> Output:
    return Output(session, sequence, evaluation, "stream", body)


async def test_they_come_back_as_they_were(outputs: Outputs) -> None:
    odd = [said(3, b'{"text": "\\ud800 \\u0000"}'), said(5, b"\0\xff"), said(9, b""), said(10, b"x", "e2")]
    assert await outputs.last("s1") == 0
    assert await outputs.add(odd) == 4 and await outputs.add([]) == 0
    assert await outputs.of_evaluation("e1") == odd[:3]
    assert await outputs.of_evaluation("e1", 3, 1) == [odd[1]]
    assert await outputs.last("s1") == 10 and await outputs.last("s2") == 0


async def test_two_that_bring_the_same_bring_it_once(outputs: Outputs) -> None:
    async def bring(size: int) -> int:
        new = 0
        for start in range(1, 61, size):
            batch = [said(number, b"%d" % number) for number in range(start, min(start + size, 61))]
            new += await outputs.add(batch)
            await asyncio.sleep(0)
        return new

    async with asyncio.timeout(DEADLINE):
        new = await asyncio.gather(*map(bring, (7, 20, 30)))
    assert sum(new) == 60
    assert [each.body for each in await outputs.of_evaluation("e1")] == [b"%d" % number for number in range(1, 61)]


async def test_a_number_has_one_output_and_nothing_of_a_batch_is_kept_without_the_rest(outputs: Outputs) -> None:
    await outputs.add([said(1, b"one")])
    for other in (said(1, b"another"), Output("s1", 1, "e1", "error", b"one"), said(1, b"one", "e2")):
        with pytest.raises(WorksheetError, match="session s1: has another output as number 1 already"):
            await outputs.add([said(2, b"two"), other])
    assert await outputs.last("s1") == 1
    with pytest.raises(WorksheetError, match="has two outputs of one number"):
        await outputs.add([said(2, b"two"), said(2, b"three")])


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (said(1, b"", "nowhere"), "evaluation nowhere: is not there, or of another session"),
        (said(1, b"", "e3"), "evaluation e3: is not there, or of another session"),
        (said(-1), "an output has no number, kind or evaluation"),
        (said(1 << 63), "an output has no number, kind or evaluation"),
        (said(1, session="s\0"), "an output has no number, kind or evaluation"),
        (said(1, evaluation="\ud800"), "an output has no number, kind or evaluation"),
        (Output("s1", 1, "e1", "\ud800", b""), "an output has no number, kind or evaluation"),
        (Output("s1", 1, "e1", "a\0", b""), "an output has no number, kind or evaluation"),
        (said(1, bytes(MOST_BODY + 1)), "an output has more than 16 MiB"),
    ],
    ids=["nowhere", "another session", "negative", "beyond", "NUL", "surrogate", "kind", "NUL in it", "large"],
)
async def test_what_cannot_be_is_refused(outputs: Outputs, output: Output, why: str) -> None:
    with pytest.raises(WorksheetError, match=why):
        await outputs.add([output])
    assert await outputs.last("s1") == 0


async def test_who_attends_an_evaluation_says_so_while_its_outputs_are_brought(
    database: Database, outputs: Outputs
) -> None:
    # In a file, one at a time writes anyway.
    if database.is_file:
        return

    async def renew(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE evaluation SET begun = 1.0"))
        async with asyncio.timeout(DEADLINE):
            assert await outputs.add([said(1)]) == 1

    await database.run(renew)
