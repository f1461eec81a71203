"""What a session says that no database takes, or what nobody expected of it, holds up nothing for ever."""

import asyncio
import json
from typing import Any

import pytest

from sagews.backend.sessions import Sessions
from sagews.backend.worksheets import attendance as module
from sagews.backend.worksheets.attendances import Attendances
from sagews.backend.worksheets.minutes import Minutes
from sagews.backend.worksheets.recorder import Recorder
from sagews.database.evaluations import ENDED, RUNNING, Evaluation, Evaluations
from sagews.database.outputs import GAP, MOST_KIND, Output, Outputs
from sagews.database.recording import Change, Recording
from sagews.database.worksheet_sessions import WorksheetSession, WorksheetSessions
from sagews.database.worksheets import Worksheet
from sagews.errors import WorksheetError
from tests.unit.backend.worksheets.backends import Backend

DEADLINE = 30.0


class Broken(Sessions):
    """Sessions of which each one that is to be opened meets with an error that nobody expected."""

    def __init__(self) -> None:
        self.opened = 0

    async def open(self, *_: Any) -> Any:
        self.opened += 1
        raise LookupError("nobody expected this")


async def asked(backend: Backend, worksheet: Worksheet, *names: str) -> str:
    """Have evaluations asked for; return the name of the session."""
    for name in names:
        row = await WorksheetSessions(backend.database).ask(
            Evaluation(name, worksheet.id, name, "-", b"1"), environment="", account="a", holder="h", seconds=60.0
        )
    return row.name


async def test_what_cannot_be_kept_is_left_out_and_the_rest_is_kept(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    one, _ = backends
    async with asyncio.timeout(DEADLINE):
        name = await asked(one, worksheet, "e1", "e2")
        outputs = [Output(name, number, "e1", "stream", b"{}") for number in (1, 2, 3)]
        outputs[1] = Output(name, 2, "e1", "x" * (MOST_KIND + 1), b"12345")
        changes = [
            Change("e1", RUNNING, 1.0),
            Change("e1", ENDED, 2.0, "error", "half \ud800"),
            Change("e2", RUNNING, 3.0),
        ]
        recorder = Recorder(Recording(one.database), worksheet.id, name)
        assert await recorder.record(Minutes(9, outputs, changes))
        # Done again, as by whoever attends it next, it is the same.
        assert await recorder.record(Minutes(9, outputs, changes))
        kept = await Outputs(one.database).of_evaluation("e1")
        assert [(each.sequence, each.kind) for each in kept] == [(1, "stream"), (2, GAP), (3, "stream")]
        assert json.loads(kept[1].body) == {"events": 1, "bytes": 5}
        evaluations = Evaluations(one.database)
        found = [await evaluations.get(each) for each in ("e1", "e2")]
        assert [(each.state, each.reason, each.text) for each in found if each] == [
            (ENDED, "error", ""),
            (RUNNING, "", ""),
        ]
        row = await WorksheetSessions(one.database).get(worksheet.id)
        assert row is not None and row.sequence == 9


async def test_a_session_that_says_nothing_that_can_be_kept_is_told_apart(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    one, _ = backends
    async with asyncio.timeout(DEADLINE):
        name = await asked(one, worksheet, "e1")
        recorder = Recorder(Recording(one.database), worksheet.id, name)
        with pytest.raises(WorksheetError, match="cannot be kept"):
            await recorder.record(Minutes(3, [], [Change("e\ud800", RUNNING, 1.0)]))


async def test_an_error_that_nobody_expected_ends_the_session_and_is_not_met_again_for_ever(
    backends: tuple[Backend, Backend], worksheet: Worksheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    one, _ = backends
    sessions = Broken()

    async def furnish(row: WorksheetSession) -> None:
        """Give no files."""

    attendances = Attendances(one.database, sessions, lambda worksheet: None, lambda worksheet: None, furnish)
    async with asyncio.timeout(DEADLINE):
        asked = Evaluation("e1", worksheet.id, "c", "-", b"1")
        await attendances.ask(asked, environment="", account="a")
        evaluations = Evaluations(one.database)
        while (found := await evaluations.get("e1")) is None or found.state != ENDED:
            await asyncio.sleep(0.01)
        assert (found.reason, found.text) == ("session_ended", module.FAULT)
        row = await attendances.table.get(worksheet.id)
        assert row is not None and (row.state, row.reason) == (ENDED, "internal")
        assert sessions.opened == module.MOST_FAULTS
        # Nobody adopts it.
        assert await WorksheetSessions(one.database).adopt("other", 6.0) == []
        await attendances.stop()
