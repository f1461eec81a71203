"""The table of the files that sessions of worksheets were given of their workspaces.

By it, whoever asks knows what a session's code has changed, on any backend and
after any of them died; and with which version what is saved is to be merged.
"""

import json
import zlib
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.database import Database
from sagews.database.worksheet_tables import GIVEN_FILES, WORKSHEET

MOST_LEFT = 100
"""Files that were not given, of which each is told."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """What a session was given at a path."""

    oid: str
    """By which git knows the content."""
    version: str
    """Of the workspace, that has it so."""


@dataclass(slots=True)
class Given:
    """What one session was given."""

    session: str
    """Its name in the table of sessions."""
    version: str
    """The newest version of the workspace of which it was given files; empty: none."""
    files: dict[str, GivenFile] = field(default_factory=dict)
    left: list[tuple[str, str]] = field(default_factory=list)
    """Paths that it was not given, and why; an empty path: all the others."""


class GivenFiles:
    """The table. Everything raises ServiceError while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, worksheet: str, session: str) -> Given | None:
        """Return what this session of a worksheet was given; None: nothing yet."""
        of = GIVEN_FILES.c
        wanted = select(of.data).where(of.worksheet == worksheet, of.session == session)
        data = await self._database.run(lambda connection: connection.scalar(wanted))
        return None if data is None else _read(session, bytes(data))

    async def put(self, worksheet: str, given: Given) -> None:
        """Note what a session was given; of a worksheet that is gone, nothing."""
        data = _written(given)

        async def put(connection: AsyncConnection) -> None:
            await connection.execute(delete(GIVEN_FILES).where(GIVEN_FILES.c.worksheet == worksheet))
            if await connection.scalar(select(WORKSHEET.c.id).where(WORKSHEET.c.id == worksheet)) is not None:
                row = {"worksheet": worksheet, "session": given.session, "data": data}
                await connection.execute(insert(GIVEN_FILES).values(row))

        await self._database.run(put)


def _written(given: Given) -> bytes:
    versions = sorted({each.version for each in given.files.values()})
    numbers = {version: number for number, version in enumerate(versions)}
    files = {path: [each.oid, numbers[each.version]] for path, each in given.files.items()}
    said = {"version": given.version, "versions": versions, "files": files, "left": given.left[:MOST_LEFT]}
    return zlib.compress(json.dumps(said).encode())


def _read(session: str, data: bytes) -> Given:
    said = json.loads(zlib.decompress(data))
    files = {path: GivenFile(oid, said["versions"][number]) for path, (oid, number) in said["files"].items()}
    return Given(session, said["version"], files, [(path, why) for path, why in said["left"]])
