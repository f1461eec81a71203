"""The tables of publications: made, renewed at the same address, withdrawn, found by whoever has the address.

A publication is its workspace's. While that is deleted, it counts as
withdrawn; it goes to whom the workspace is handed over, and is gone when the
workspace is swept. It counts for the account whose workspace it is.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.publications import Publications as Settings
from sagews.database import audit
from sagews.database.account_tables import ACCOUNT
from sagews.database.accounts import plain
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.packs import CHUNK
from sagews.database.publication_tables import NOTEBOOK, PAGE, PUBLICATION, PUBLICATION_CHUNK
from sagews.database.workspace_tables import WORKSPACE
from sagews.errors import WorkspaceError

ID_BYTES = 16
"""Random bytes of an id: 128 bits cannot be guessed, and no two are the same."""
LIST = 50
"""Publications that a list gives at once."""
MOST_WITHDRAWN = 10
"""For each publication that an account may have, how many there may be of it with the withdrawn ones."""

P, CHUNKS = PUBLICATION.c, PUBLICATION_CHUNK.c
_NOBODYS = case((WORKSPACE.c.account.is_(None), WORKSPACE.c.created))
_GONE = func.coalesce(P.withdrawn, WORKSPACE.c.deleted, _NOBODYS)
"""Since when a publication cannot be read."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What is known of one, beside its page. Times are seconds since the epoch."""

    id: str
    workspace: str
    path: str
    version: str
    by: str
    title: str
    authors: str
    licence: str
    listed: bool
    created: float
    updated: float
    withdrawn: float | None = None
    barred: bool = False
    size: int = 0
    hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Pages:
    """What a publication shows and gives away, each gzipped."""

    page: bytes
    notebook: bytes
    hash: bytes
    """SHA-256 of `page`."""

    @property
    def size(self) -> int:
        """Bytes of both."""
        return len(self.page) + len(self.notebook)


class Publications:
    """Publications in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        """`settings`: of the site, which bound what one account may publish."""
        self._database = database
        self._settings = settings or Settings()

    async def put(self, publication: Publication, pages: Pages, act: Act) -> None:
        """Keep a publication: a new one, or another version of one that is there, at the same address.

        Raises WorkspaceError if it would be too many or too much, if its workspace is gone, or if an operator has
        withdrawn it.
        """
        values = _values(publication, pages)

        async def put(connection: AsyncConnection) -> None:
            await self._check(connection, publication, pages)
            if await connection.scalar(select(P.id).where(P.id == publication.id)) is None:
                await connection.execute(insert(PUBLICATION).values(values))
            else:
                kept = {name: value for name, value in values.items() if name not in ("id", "workspace", "created")}
                await connection.execute(update(PUBLICATION).where(P.id == publication.id).values(kept))
                await connection.execute(delete(PUBLICATION_CHUNK).where(CHUNKS.publication == publication.id))
            for row in _chunks(publication.id, pages):
                await connection.execute(insert(PUBLICATION_CHUNK).values(row))
            await audit.write(connection, act)

        await self._database.run(put)

    async def get(self, identifier: str) -> Publication | None:
        """Return a publication, withdrawn or not; None: there is none. Without those of workspaces that are swept."""
        wanted = _seen().where(P.id == identifier)

        async def get(connection: AsyncConnection) -> Publication | None:
            row = (await connection.execute(wanted)).one_or_none()
            return _of(row) if row is not None else None

        return await self._database.run(get)

    async def content(self, identifier: str, part: str = PAGE) -> tuple[bytes, bytes] | None:
        """Return a part of a publication, gzipped, and the hash of its page; None: it has none, or no more."""
        # In one statement, so that all of it is of the same version.
        wanted = select(P.hash, CHUNKS.data).join(PUBLICATION_CHUNK, CHUNKS.publication == P.id)
        wanted = wanted.where(P.id == identifier, CHUNKS.part == part).order_by(CHUNKS.number)

        async def content(connection: AsyncConnection) -> tuple[bytes, bytes] | None:
            rows = list(await connection.execute(wanted))
            return (b"".join(row.data for row in rows), bytes(rows[0].hash)) if rows else None

        return await self._database.run(content)

    async def notebook(self, identifier: str) -> bytes | None:
        """Return the notebook of a publication that can be read, gzipped."""
        found = await self.get(identifier)
        if found is None or found.withdrawn is not None:
            return None
        content = await self.content(identifier, NOTEBOOK)
        return content[0] if content is not None else None

    async def of_workspace(self, workspace: str, after: str = "") -> list[Publication]:
        """Return publications of a workspace, withdrawn ones too, the newest first."""
        return await self._list(_seen().where(P.workspace == workspace), after)

    async def find(self, search: str = "", after: str = "", *, all_of_them: bool = False) -> list[Publication]:
        """Return publications that can be read and are listed, the newest first; `all_of_them`: unlisted ones, too."""
        readable = _GONE.is_(None)
        wanted = _seen().where(readable if all_of_them else and_(readable, P.listed))
        if words := plain(search).casefold():
            wanted = wanted.where(P.words.contains(words, autoescape=True))
        return await self._list(wanted, after)

    async def withdraw(self, identifier: str, act: Act, *, workspace: str = "", barred: bool = False) -> bool:
        """Withdraw a publication, of a workspace if one is named; return whether there was one that could be read.

        `barred`: only an operator can undo that.
        """
        mine = [P.id == identifier, P.withdrawn.is_(None), *([P.workspace == workspace] if workspace else [])]
        values = {"withdrawn": time.time(), "barred": barred, "size": 0}

        async def withdraw(connection: AsyncConnection) -> bool:
            done = (await connection.execute(update(PUBLICATION).where(*mine).values(values))).rowcount > 0
            if done:
                await connection.execute(delete(PUBLICATION_CHUNK).where(CHUNKS.publication == identifier))
                await audit.write(connection, act)
            return done

        return await self._database.run(withdraw)

    # ---------------------------------------------------------------- within

    async def _list(self, wanted: Select[Any], after: str) -> list[Publication]:
        wanted = wanted.order_by(P.created.desc(), P.id.desc()).limit(LIST)
        last = select(P.created).where(P.id == after)

        async def found(connection: AsyncConnection) -> list[Publication]:
            query = wanted
            if after:
                if (created := await connection.scalar(last)) is None:
                    return []
                query = wanted.where(or_(P.created < created, and_(P.created == created, P.id < after)))
            return [_of(row) for row in await connection.execute(query)]

        return await self._database.run(found)

    async def _check(self, connection: AsyncConnection, publication: Publication, pages: Pages) -> None:
        its = (WORKSPACE.c.id == publication.workspace) & WORKSPACE.c.deleted.is_(None)
        owner = await connection.scalar(select(WORKSPACE.c.account).where(its))
        # One at a time for each account, so that the counts are right.
        held = select(ACCOUNT.c.id).where(ACCOUNT.c.id == owner).with_for_update()
        if owner is None or await connection.scalar(held) is None:
            raise WorkspaceError("is not there any more", "workspace", "look at the list of your workspaces")
        before = (await connection.execute(select(P.workspace, P.barred).where(P.id == publication.id))).one_or_none()
        if before is not None and before.workspace != publication.workspace:
            raise WorkspaceError("is another workspace's", "publication", "publish the worksheet anew")
        if before is not None and before.barred:
            raise WorkspaceError("was withdrawn by an operator", "publication", "ask them why")
        others: ColumnElement[bool] = WORKSPACE.c.account == owner
        others = and_(others, P.id != publication.id)
        counted = select(func.count(), func.count().filter(P.withdrawn.is_(None)), func.sum(P.size))
        counted = counted.select_from(PUBLICATION.join(WORKSPACE, WORKSPACE.c.id == P.workspace)).where(others)
        every, good, size = (await connection.execute(counted)).one()
        most = self._settings.max_number
        if good >= most or every >= most * MOST_WITHDRAWN:
            raise WorkspaceError(
                f"has {good:,} publications, and may have {most:,}", "account of the workspace", "withdraw some first"
            )
        if (size or 0) + pages.size > self._settings.max_storage:
            limit = self._settings.max_storage >> 20
            raise WorkspaceError(
                f"would take up more than {limit:,} MiB with its publications",
                "account of the workspace",
                "withdraw some first, or clear large outputs",
            )


def new_id() -> str:
    """Return an id that nobody can guess, for a new publication."""
    return secrets.token_urlsafe(ID_BYTES)


def _seen() -> Select[Any]:
    """Return the query of publications; each counts as withdrawn while its workspace is deleted, or nobody's."""
    columns = [column for column in P if column.name not in ("words", "withdrawn")]
    return select(*columns, _GONE.label("withdrawn")).join(WORKSPACE, WORKSPACE.c.id == P.workspace)


def _of(row: Row[Any]) -> Publication:
    return Publication(**{name: getattr(row, name) for name in Publication.__dataclass_fields__})


def _values(publication: Publication, pages: Pages) -> dict[str, Any]:
    values = {name: getattr(publication, name) for name in Publication.__dataclass_fields__}
    words = f"{publication.title} {publication.authors}".casefold()
    return values | {"words": words, "size": pages.size, "hash": pages.hash}


def _chunks(identifier: str, pages: Pages) -> Iterator[dict[str, Any]]:
    for part, data in ((PAGE, pages.page), (NOTEBOOK, pages.notebook)):
        for number, start in enumerate(range(0, len(data), CHUNK)):
            yield {"publication": identifier, "part": part, "number": number, "data": data[start : start + CHUNK]}
