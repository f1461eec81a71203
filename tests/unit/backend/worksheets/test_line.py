"""The line of a room: bounded by updates and by bytes, in the order in which they came."""

import asyncio

import pytest

from sagews.backend.worksheets import line as module
from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.line import Line, Waiting
from sagews.database.updates import NewUpdate

DEADLINE = 10.0


def waiting(size: int) -> Waiting:
    future = asyncio.get_running_loop().create_future()
    return Waiting(NewUpdate("a", 1, bytes(size)), contents(b"\0\0"), changes=True, done=future)


async def test_it_is_bounded_by_bytes_and_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PENDING_BYTES", 100)
    monkeypatch.setattr(module, "MOST_PENDING", 3)
    line = Line()
    # One that is larger than all may be finds its place as well, alone.
    assert line.has_place(1000)
    line.append(waiting(90))
    assert line.has_place(10) and not line.has_place(11)
    line.append(waiting(5))
    line.append(waiting(5))
    assert not line.has_place(0)
    async with asyncio.timeout(DEADLINE):
        comes = asyncio.create_task(line.place(50))
        await asyncio.sleep(0)
        line.keep(2)
        await asyncio.sleep(0)
        assert not comes.done()
        line.begin()
        await comes
    assert len(line.committing) == 2 and line.pending == [] and len(line.committed()) == 2 and line.all == []


async def test_a_commit_has_what_goes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COMMITTED", 3)
    monkeypatch.setattr(module, "MOST_COMMITTED_BYTES", 10)
    line, several = Line(), [waiting(size) for size in (1, 1, 1, 1, 20, 1)]
    for each in several:
        line.append(each)
    for some in (several[:3], several[3:5], several[5:], []):
        line.begin()
        assert line.committed() == some
    for each in several:
        line.append(each)
    line.begin()
    assert line.keep(4) == several[4:] and line.committing == several[:3] and line.pending == [several[3]]
    assert line.keep(1) == several[1:4] and line.all == several[:1]
