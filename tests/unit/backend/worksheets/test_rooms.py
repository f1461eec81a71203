"""Random edits of three people through two backends, with cuts: all come to the same, nothing acknowledged is lost."""

import asyncio
import os
import random

from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.room import Room
from sagews.backend.worksheets.trial import Trial
from sagews.database.worksheets import Worksheet
from tests.unit.backend.worksheets.backends import WORDS, Backend
from tests.unit.backend.worksheets.writer import Writer

EDITS = 50_000 if os.environ.get("SAGEWS_PROVE") else 500
DEADLINE = 1800.0 if os.environ.get("SAGEWS_PROVE") else 60.0
PACE = 20
"""Edits between two moments in which the others have their turn."""


async def test_random_edits_with_cuts_through_two_backends(
    backends: tuple[Backend, Backend], worksheet: Worksheet
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    gone: list[Writer] = []
    assert (await backends[0].rooms.open(worksheet.id)).stored.values().cells[3].source == WORDS[3]
    writers = [await connected(Writer(), backends, worksheet, chance) for _ in range(3)]
    async with asyncio.timeout(DEADLINE):
        for number in range(EDITS):
            place = chance.randrange(3)
            writer = writers[place]
            edit(writer, chance)
            what = chance.random()
            if what < 0.01:
                writer.cut()
            elif what < 0.03 or (writer.room is None and what < 0.1):
                await connected(writer, backends, worksheet, chance)
            elif what < 0.031:
                # One who never comes back, with whatever was not acknowledged.
                writer.cut()
                gone.append(writer)
                writers[place] = await connected(Writer(), backends, worksheet, chance)
            elif what < 0.035:
                await chance.choice(backends).rooms.evict(worksheet.id)
            elif what < 0.036:
                for each in backends:
                    await each.rooms._compact(worksheet.id)
            if number % PACE == 0:
                await asyncio.sleep(0)
            if number % 500 == 499:
                await asyncio.gather(*(each.settle() for each in writers))
        for writer in writers:
            await connected(writer, backends, worksheet, chance)
            await writer.settle()
        rooms = [await each.rooms.open(worksheet.id) for each in backends]
        for room in rooms:
            await room.catch_up()
        fresh = await Room.load(worksheet.id, backends[0].updates)
        await fresh.close()
    fresh.stored.check()
    kept = fresh.stored.values()
    assert kept.cells and all(room.stored.values() == kept for room in rooms)
    assert all(not writer.unacknowledged for writer in writers)
    for writer in writers:
        assert [str(cell["source"]) for cell in writer.cells] == [cell.source for cell in kept.cells]
        assert writer.doc.get("cells", type=type(writer.cells)).to_py() == fresh.stored.cells.to_py()
    assert lost(fresh, [*writers, *gone]) == []
    # It would be seen: a letter, and a deletion, that nobody was sent.
    liar = Writer()
    liar._apply(fresh.stored.since())
    liar.add_cell(0, "x")
    del liar.cells[1]
    liar.acknowledged = list(liar.unacknowledged.values())
    assert len(lost(fresh, [liar])) == 2
    assert sum(len(writer.acknowledged) for writer in [*writers, *gone]) > EDITS // 5


async def connected(
    writer: Writer, backends: tuple[Backend, Backend], worksheet: Worksheet, chance: random.Random
) -> Writer:
    """Connect somebody to one of the backends."""
    room = await chance.choice(backends).rooms.open(worksheet.id)
    writer.connect(room)
    return writer


def edit(writer: Writer, chance: random.Random) -> None:
    """Change something."""
    cells = len(writer.cells)
    what = chance.random()
    if cells == 0 or (what < 0.02 and cells < 30):
        writer.add_cell(chance.randint(0, cells), chance.choice(WORDS))
        return
    number = chance.randrange(cells)
    if what < 0.03 and cells > 3:
        del writer.cells[number]
        return
    if what < 0.05:
        writer.move_cell(number, chance.randrange(cells))
        return
    if what < 0.08:
        writer.cells[number]["metadata"][chance.choice("abc")] = str(chance.randrange(1 << 70))
        return
    length = len(str(writer.source(number)))
    if length > 200 or (what < 0.3 and length):
        start = chance.randrange(length)
        writer.erase(number, start, min(length, start + chance.randint(1, 20)))
        return
    writer.write(number, chance.randint(0, length), chance.choice(WORDS))


def lost(room: Room, writers: list[Writer]) -> list[str]:
    """Return what was acknowledged and is not stored: what still changes something, deletions among it."""
    trial = Trial()
    trial.document.take_kept(room.stored.since())
    missing = []
    for writer in writers:
        for new in writer.acknowledged:
            read = contents(new.payload)
            if read.missing(trial.document.known) or trial.attempt(new.payload, read):
                missing.append(f"{new.sender} {new.clock}")
    trial.close()
    return missing
