"""Turns at a workspace: over all backends, one at a time does what two at once would do in vain.

Whoever has a turn to *save* is not overtaken: others are refused by
`Packs.take` as long as it lasts, and wait for a turn of their own. Whoever has
one to *compact* is alone in that. A turn is kept as long as its holder says
that it goes on; of one who died it ends after LEASE seconds, by the database's
clock. It decides who does the work and nothing else: that nothing is lost
rests on the version of the workspace, with or without a turn.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.workspace_tables import WORKSPACE, WORKSPACE_TURN
from sagews.errors import LostRaceError, ServiceError, WorkspaceError

SAVE, COMPACT = "save", "compact"
LEASE = 15.0
"""Seconds for which a turn lasts without a word of its holder."""
MOST_SECONDS = 600.0
"""Seconds after which its holder keeps it no longer, whatever it does."""
PAUSE = 0.05
"""Seconds, on average, between two looks whether it is one's turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that somebody has."""

    workspace: str
    kind: str
    holder: str


class Turns:
    """The turns in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ending: set[asyncio.Task[None]] = set()

    async def begin(self, workspace: str, kind: str) -> Turn | None:
        """Take a turn; None if somebody else has it. Raises WorkspaceError if the workspace is not there."""
        turn = Turn(workspace, kind, secrets.token_hex(8))
        # It waits for whoever is changing the workspace: who comes later sees this turn.
        there = select(WORKSPACE.c.id).where(WORKSPACE.c.id == workspace, WORKSPACE.c.deleted.is_(None))
        there = there.with_for_update(key_share=True)
        its = (WORKSPACE_TURN.c.workspace == workspace) & (WORKSPACE_TURN.c.kind == kind)
        # Done twice: the connection was lost after the first time.
        free = (WORKSPACE_TURN.c.until < Now()) | (WORKSPACE_TURN.c.holder == turn.holder)
        values = {"holder": turn.holder, "until": Now() + LEASE}

        async def begin(connection: AsyncConnection) -> bool:
            if await connection.scalar(there) is None:
                raise WorkspaceError("is not there", f"workspace {workspace}", "look whether it was deleted")
            if (await connection.execute(update(WORKSPACE_TURN).where(its, free).values(values))).rowcount:
                return True
            if await connection.scalar(select(WORKSPACE_TURN.c.kind).where(its)) is not None:
                return False
            await connection.execute(insert(WORKSPACE_TURN).values(workspace=workspace, kind=kind, **values))
            return True

        try:
            return turn if await self._database.run(begin) else None
        except BaseException:
            # Nobody knows whether it was begun.
            self._end_soon(turn, 0.0)
            raise

    async def go_on(self, turn: Turn) -> bool:
        """Keep a turn for another LEASE; return whether it was still there."""
        wanted = update(WORKSPACE_TURN).where(_of(turn)).values(until=Now() + LEASE)

        async def go_on(connection: AsyncConnection) -> bool:
            return (await connection.execute(wanted)).rowcount > 0

        return await self._database.run(go_on)

    async def end(self, turn: Turn, *, rest: float = 0.0) -> None:
        """Give a turn back; for `rest` seconds nobody has the next one. It is done even if this is cancelled."""
        await asyncio.shield(self._end_soon(turn, rest))

    @asynccontextmanager
    async def kept(self, turn: Turn) -> AsyncIterator[None]:
        """Keep a turn for as long as this lasts, at most MOST_SECONDS."""
        keeping = asyncio.create_task(self._keep(turn))
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    @asynccontextmanager
    async def one(self, workspace: str, kind: str, patience: float) -> AsyncIterator[Turn]:
        """Wait for a turn, have it, and give it back. Raises LostRaceError if that takes over `patience` seconds."""
        turn = await self._waited_for(workspace, kind, patience)
        try:
            async with self.kept(turn):
                yield turn
        finally:
            # Where the database is away, it ends by itself.
            with suppress(ServiceError):
                await self.end(turn)

    # ---------------------------------------------------------------- within

    def _end_soon(self, turn: Turn, rest: float) -> asyncio.Task[None]:
        given = delete(WORKSPACE_TURN).where(_of(turn))
        resting = update(WORKSPACE_TURN).where(_of(turn)).values(holder="", until=Now() + rest)

        async def end(connection: AsyncConnection) -> None:
            await connection.execute(resting if rest else given)

        ending = asyncio.create_task(self._database.run(end))
        self._ending.add(ending)
        ending.add_done_callback(self._ended)
        return ending

    def _ended(self, ending: asyncio.Task[None]) -> None:
        self._ending.discard(ending)
        if not ending.cancelled():
            # Whoever waits for it is told; where the database is away, the turn ends by itself.
            ending.exception()

    async def _waited_for(self, workspace: str, kind: str, patience: float) -> Turn:
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while (turn := await self.begin(workspace, kind)) is None:
            if loop.time() >= end:
                what = f"others have had their turns there for {patience:.0f} seconds"
                raise LostRaceError(what, f"workspace {workspace}", "save again in a while")
            await asyncio.sleep(PAUSE * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
        return turn

    async def _keep(self, turn: Turn) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_SECONDS):
                going_on = True
                while going_on:
                    await asyncio.sleep(LEASE / 3)
                    with suppress(ServiceError):
                        going_on = await self.go_on(turn)


async def overtakes(connection: AsyncConnection, workspace: str, holder: str) -> bool:
    """Whether somebody else than this holder has a turn to save, within a transaction that has the workspace's row."""
    theirs = (WORKSPACE_TURN.c.workspace == workspace) & (WORKSPACE_TURN.c.kind == SAVE)
    theirs &= (WORKSPACE_TURN.c.holder != holder) & (WORKSPACE_TURN.c.until > Now())
    return await connection.scalar(select(WORKSPACE_TURN.c.holder).where(theirs)) is not None


def _of(turn: Turn) -> ColumnElement[bool]:
    its = (WORKSPACE_TURN.c.workspace == turn.workspace) & (WORKSPACE_TURN.c.kind == turn.kind)
    return its & (WORKSPACE_TURN.c.holder == turn.holder)
