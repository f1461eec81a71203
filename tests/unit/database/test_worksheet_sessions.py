"""Sessions of worksheets in both databases: one for each, attended by one, and what they say written down once."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.evaluations import Evaluation, Evaluations
from sagews.database.outputs import Output, Outputs
from sagews.database.recording import UNKNOWN, Change, Recording
from sagews.database.running import LARGE, Place, Running
from sagews.database.shown import Shown
from sagews.database.storage import storage_of
from sagews.database.worksheet_sessions import WorksheetSession, WorksheetSessions
from sagews.database.worksheets import Worksheets
from sagews.database.workspaces import Workspace, Workspaces
from sagews.errors import WorksheetError
from tests.unit.database.emptied import database

__all__ = ["database"]

DEADLINE = 30.0


@pytest.fixture
async def worksheet(database: Database) -> str:
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    return (await Worksheets(database).add("w", "a.ipynb", b"base")).id


@pytest.fixture
def table(database: Database) -> WorksheetSessions:
    return WorksheetSessions(database)


async def ask(
    table: WorksheetSessions, worksheet: str, name: str, cell: str = "c", holder: str = "b1"
) -> WorksheetSession:
    asked = Evaluation(name, worksheet, cell, "-", b"1 + 1")
    return await table.ask(asked, environment="python", account="account:a", holder=holder, seconds=60)


async def test_two_who_ask_at_once_have_one_session(table: WorksheetSessions, worksheet: str) -> None:
    async with asyncio.timeout(DEADLINE):
        asked = [ask(table, worksheet, f"e{number}", holder=f"b{number}") for number in range(6)]
        rows = await asyncio.gather(*asked)
        waiting = await table.waiting(worksheet, rows[0].name, 100)
    assert len({(row.name, row.lease_holder) for row in rows}) == 1
    assert waiting is not None and [each.ordinal for each in waiting] == [1, 2, 3, 4, 5, 6]
    assert {each.session for each in waiting} == {rows[0].name}
    assert rows[0].state == "starting" and rows[0].token == "" and "account:a" not in repr(rows[0])


async def taken(database: Database) -> int:
    """Return what the worksheets of the account take up."""
    return await database.run(lambda connection: storage_of(connection, "a"))


async def test_the_same_asked_for_twice_is_one(table: WorksheetSessions, worksheet: str, database: Database) -> None:
    first = await ask(table, worksheet, "e")
    before = await taken(database)
    assert before == len(b"base") + len(b"1 + 1")
    assert (await ask(table, worksheet, "e", holder="b2")).name == first.name
    assert await taken(database) == before
    assert len(await table.waiting(worksheet, first.name, 100) or []) == 1
    with pytest.raises(WorksheetError, match="evaluation e: is the name of another one"):
        await ask(table, worksheet, "e", cell="d")
    with pytest.raises(WorksheetError, match="worksheet nowhere: is not there"):
        await ask(table, "nowhere", "e2")


async def test_who_opens_it_second_is_too_late_and_a_restart_makes_another(
    table: WorksheetSessions, worksheet: str, database: Database
) -> None:
    row = await ask(table, worksheet, "e")
    assert await table.opened(worksheet, row.name, "w1-a", "secret", "python")
    assert not await table.opened(worksheet, row.name, "w1-b", "other", "python")
    known = await table.get(worksheet)
    assert known is not None and (known.session, known.token, known.state) == ("w1-a", "secret", "ready")
    assert "secret" not in repr(known)
    assert await table.end(worksheet, row.name, "closed", "why") and not await table.end(worksheet, row.name, "x", "y")
    ended = await Evaluations(database).get("e")
    assert ended is not None and (ended.state, ended.reason, ended.text) == ("ended", "session_ended", "why")
    gone = await table.get(worksheet)
    assert gone is not None and (gone.state, gone.reason, gone.token, gone.lease_holder) == (
        "ended",
        "closed",
        "",
        None,
    )
    assert await table.waiting(worksheet, row.name, 100) is None
    again = await ask(table, worksheet, "e2", holder="b2")
    assert again.name != row.name and again.version > gone.version and again.lease_holder == "b2"
    assert (again.session, again.state, again.sequence, again.reason) == ("", "starting", 0, "")
    # What the one before still says is nobody's.
    assert not await Recording(database).record(worksheet, row.name, 1, [], [])


async def test_a_lease_is_renewed_given_back_and_adopted(
    table: WorksheetSessions, worksheet: str, database: Database
) -> None:
    row = await ask(table, worksheet, "e")
    assert await table.adopt("b2", 60) == []
    assert await table.renew("b1", [worksheet], 60) == {row.name} and await table.renew("b2", [worksheet], 60) == set()
    await table.release("b1")
    async with asyncio.timeout(DEADLINE):
        found = await asyncio.gather(*(table.adopt(f"b{number}", 60) for number in range(2, 5)))
    assert [each.name for rows in found for each in rows] == [row.name]
    assert await table.renew("b1", [worksheet], 60) == set()
    over = "UPDATE worksheet_session SET lease_until = 0"
    await database.run(lambda connection: connection.execute(text(over)))
    (adopted,) = await table.adopt("b9", 60)
    assert adopted.lease_holder == "b9"
    await table.end(worksheet, row.name, "idle", "why")
    await database.run(lambda connection: connection.execute(text(over)))
    assert await table.adopt("b1", 60) == []


async def test_what_two_write_down_at_once_is_there_once(
    table: WorksheetSessions, worksheet: str, database: Database
) -> None:
    row = await ask(table, worksheet, "e")
    recording = Recording(database)
    outputs = [Output(row.name, number, "e", "stream", b"%d" % number) for number in range(2, 40)]
    changes = [Change("e", "running", 5.0), Change("e", "ended", 9.0, "done", "")]
    async with asyncio.timeout(DEADLINE):
        done = await asyncio.gather(
            *(recording.record(worksheet, row.name, 40, outputs[:most], changes) for most in (10, 38, 20, 38))
        )
    assert done == [True] * 4
    kept = await Outputs(database).of_evaluation("e")
    assert [each.sequence for each in kept] == list(range(2, 40))
    ended = await Evaluations(database).get("e")
    assert ended is not None and (ended.begun, ended.ended, ended.reason) == (5.0, 9.0, "done")
    known = await table.get(worksheet)
    assert known is not None and known.sequence == 40
    # A number that is not higher changes nothing; an output that is another one is refused.
    assert await recording.record(worksheet, row.name, 7, [], [])
    known = await table.get(worksheet)
    assert known is not None and known.sequence == 40
    with pytest.raises(WorksheetError, match="has another output as number 3 already"):
        await recording.record(worksheet, row.name, 41, [replace(outputs[1], body=b"x")], [])
    # But a gap may stand where another backend had the last output of it; and what is not there has no outputs.
    gap = Output(row.name, 39, "e", "gap", b"{}")
    stray = Output(row.name, 41, "swept", "stream", b"")
    assert await recording.record(worksheet, row.name, 41, [gap, stray], [])
    assert len(await Outputs(database).of_evaluation("e")) == 38


async def test_an_end_that_was_not_heard_is_mended_and_what_waits_is_dropped_but_for_some(
    table: WorksheetSessions, worksheet: str, database: Database
) -> None:
    recording, evaluations = Recording(database), Evaluations(database)
    for name in ("e1", "e2", "e3"):
        row = await ask(table, worksheet, name)
    await recording.record(worksheet, row.name, 1, [], [Change("e1", "ended", 2.0, UNKNOWN, "how, nobody knows")])
    await recording.record(worksheet, row.name, 2, [], [Change("e1", "ended", 3.0, "error", "", ("e3",))])
    await recording.record(worksheet, row.name, 3, [], [Change("e1", "ended", 4.0, "done")])
    found = [await evaluations.get(name) for name in ("e1", "e2", "e3")]
    assert [(each.state, each.reason) for each in found if each] == [
        ("ended", "error"),
        ("ended", "not_run"),
        ("queued", ""),
    ]


async def test_who_looks_is_told_all_and_then_what_is_new(
    table: WorksheetSessions, worksheet: str, database: Database
) -> None:
    running, recording = Running(database), Recording(database)
    nothing = await running.all(worksheet)
    assert nothing.session is None and nothing.place == Place() and not nothing.is_busy
    row = await ask(table, worksheet, "e1")
    news = await running.news(worksheet, nothing.place)
    assert [each.id for each in news.standings] == ["e1"] and news.is_busy and not news.more
    large = Output(row.name, 3, "e1", "display_data", bytes(LARGE + 1))
    some = [Output(row.name, number, "e1", "stream", bytes(LARGE)) for number in range(4, 9)]
    ended = Change("e1", "ended", 9.0, "done")
    await recording.record(worksheet, row.name, 9, [large, *some], [Change("e1", "running", 5.0), ended])
    sequences, place, states = list[int](), news.place, list[str]()
    while (news := await running.news(worksheet, place)).outputs or news.standings:
        sequences += [each.sequence for each in news.outputs]
        assert sum(len(each.body or b"") for each in news.outputs) <= 3 * LARGE
        # It is told to have ended when all of its outputs are.
        states += [each.state for each in news.standings]
        assert not (news.more and "ended" in states)
        place = news.place
    assert sequences == [3, *range(4, 9)] and states == ["ended"]
    outputs, more = await running.outputs(worksheet, "e1", 0, whole=False)
    assert (outputs[0].body, outputs[0].size, more) == (None, LARGE + 1, True)
    outputs, _ = await running.outputs(worksheet, "e1", 2, whole=True)
    assert outputs[0].body == large.body
    assert await running.outputs("elsewhere", "e1", 0, whole=False) == ([], False)
    (counted,) = (await running.all(worksheet)).standings
    assert (counted.count, counted.size) == (6, 6 * LARGE + 1)
    # The rest of one session is told before the next one.
    await recording.record(worksheet, row.name, 10, [Output(row.name, 10, "e1", "late_stream", b"x")], [])
    await table.end(worksheet, row.name, "idle", "")
    again = await ask(table, worksheet, "e2")
    await recording.record(worksheet, again.name, 1, [Output(again.name, 1, "e2", "stream", b"y")], [])
    bodies = list[bytes | None]()
    while (news := await running.news(worksheet, place)).more or news.outputs:
        bodies += [each.body for each in news.outputs]
        place = news.place
    assert bodies == [b"x", b"y"]


async def test_what_no_cell_shows_is_swept_after_a_while(
    table: WorksheetSessions, worksheet: str, database: Database
) -> None:
    recording, shown = Recording(database), Shown(database)
    for name, cell in (("old", "c"), ("other", "d"), ("new", "c")):
        row = await ask(table, worksheet, name, cell)
        outputs = [Output(row.name, number + 1000 * row.version, name, "stream", b"x") for number in range(300)]
        await recording.record(worksheet, row.name, 1, outputs, [Change(name, "ended", 1.0, "done")])
    recent = await ask(table, worksheet, "recent", "d")
    await recording.record(worksheet, recent.name, 1, [], [Change("recent", "ended", 4e9, "done")])
    await ask(table, worksheet, "newest", "d")
    async with asyncio.timeout(DEADLINE):
        # As two backends do, at the same time.
        while any(await asyncio.gather(shown.sweep(), Shown(database).sweep())):
            pass
    evaluations = Evaluations(database)
    there = [name for name in ("old", "other", "new", "recent", "newest") if await evaluations.get(name)]
    assert there == ["new", "recent", "newest"]
    assert len(await Outputs(database).of_evaluation("new")) == 300
    assert await taken(database) == len(b"base") + 3 * len(b"1 + 1") + 300


async def test_who_sweeps_waits_for_others_before_it_holds_anything(
    table: WorksheetSessions, worksheet: str, database: Database
) -> None:
    if database.is_file:
        pytest.skip("in a file, one holds all of it")
    recording = Recording(database)
    for name in ("old", "new"):
        row = await ask(table, worksheet, name, "c")
        said = [Output(row.name, row.version, name, "stream", b"x")]
        await recording.record(worksheet, row.name, 1, said, [Change(name, "ended", 1.0, "done")])
    held = text("SELECT id FROM worksheet FOR UPDATE")
    others = [text(f"SELECT 1 FROM {each} FOR UPDATE NOWAIT") for each in ("output", "evaluation")]
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    async def meanwhile(connection: AsyncConnection) -> "asyncio.Task[int]":
        await connection.execute(held)
        sweeping = asyncio.create_task(Shown(database).sweep())
        while not await connection.scalar(waits):
            await asyncio.sleep(0.02)
        # Raises, if it has one of them already: then each would wait for the other.
        for each in others:
            await connection.execute(each)
        return sweeping

    async with asyncio.timeout(DEADLINE):
        assert await (await database.run(meanwhile)) == 1
