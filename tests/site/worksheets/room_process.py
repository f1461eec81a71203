"""A process that holds a room in which somebody writes, until it is killed: `room_process.py FOLDER URL SHEET MOMENT`.

MOMENT is where it kills itself, at some edit: `before` the commit, `after` it
and before it is acknowledged; or `never`. Each edit that is acknowledged is a
line of its output: the word that was written, which is nowhere else, or with
a minus one that was deleted. What will be deleted is told before that, with a
question mark.
"""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sagews.backend.worksheets.room import Room
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.hints import Hints
from sagews.database.updates import NewUpdate, Updates
from tests.postgresql import PASSWORD
from tests.unit.backend.worksheets.writer import Writer

LETTERS = "λ学😀é"
AT = 7
"""The commit at which it kills itself."""


class Dying(Updates):
    """Updates whose process dies at its moment."""

    moment = "never"
    commits = 0

    async def add(
        self,
        worksheet: str,
        epoch: str,
        updates: Sequence[NewUpdate],
        *,
        seen: int | None = None,
        again: bool = False,
    ) -> list[int]:
        self.commits += 1
        self._die_at("before")
        seqs = await super().add(worksheet, epoch, updates, seen=seen, again=again)
        self._die_at("after")
        return seqs

    def _die_at(self, moment: str) -> None:
        if self.moment == moment and self.commits == AT:
            os.kill(os.getpid(), signal.SIGKILL)


async def write_on_and_on(folder: Path, url: str, worksheet: str, moment: str) -> None:
    database = Database(Site(data_directory=str(folder / "data"), database=Settings(url=url)), PASSWORD)
    updates = Dying(database, Hints(database))
    updates.moment = moment
    room = await Room.load(worksheet, updates)
    writer = Writer()
    writer.connect(room)
    words: list[str] = []
    while True:
        done = []
        for _ in range(secrets.randbelow(5) + 1):
            if len(words) > 5 and secrets.randbelow(4) == 0:
                word = words.pop(secrets.randbelow(len(words)))
                print(f"?{word}", flush=True)
                place = str(writer.source(0)).index(word)
                writer.erase(0, place, place + len(word))
                done.append(f"-{word}")
            else:
                word = f"<{secrets.token_hex(8)}{secrets.choice(LETTERS)}>"
                writer.write(0, secrets.randbelow(2) * len(str(writer.source(0))), word)
                words.append(word)
                done.append(word)
        await writer.settle()
        assert not writer.unacknowledged
        print("\n".join(done), flush=True)


if __name__ == "__main__":
    asyncio.run(write_on_and_on(Path(sys.argv[1]), *sys.argv[2:5]))
