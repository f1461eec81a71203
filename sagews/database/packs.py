"""The packs and refs of workspaces: what git knows of each, as rows.

A pack comes in three states. It is *staged* chunk by chunk, each a transaction
of its own. One short transaction then takes it in with the refs that need it,
provided that nobody has changed the workspace meanwhile; from then on it is
*kept*. When packs are made into one, the former ones are *old*: whoever
is reading them has GRACE seconds to come to the end. What stays staged for as
long is of somebody who died, and is swept like an old one.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.quotas import Quotas
from sagews.database import refs as names
from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.storage import check_storage
from sagews.database.turns import Turns
from sagews.database.versions import advance, gone, leave_trace, there, why_not
from sagews.database.workspace_tables import DISCARDED, GIT_PACK, GIT_PACK_CHUNK, GIT_REF, OLD, STAGED, TAKEN, WORKSPACE
from sagews.database.workspaces import BATCH, delete_chunks
from sagews.errors import LostRaceError, ServiceError, WorkspaceError

CHUNK = 4 << 20
"""Bytes of one row of a pack, at most."""
GRACE = 3600.0
"""Seconds after which a pack that is staged or old is swept."""
MOST_PACKED = 1 << 30
"""Bytes of all packs of a workspace and their indexes."""
TO_DELETE = 16 << 20
"""Bytes beyond what may be for changes that make the files smaller: who is full can still do that."""
MOST_STAGED = 2 << 30
"""Bytes of all packs of a workspace, and their indexes, that are staged at once."""
WHOLE = -1
"""What a staged pack that is to replace others has as generation: one that a killed backend left keeps nobody from
saving, as those of saves are counted by themselves."""
MOST_REFS = 1000
"""Refs of a workspace."""
OID = re.compile(r"[0-9a-f]{40}")
Also = Callable[[AsyncConnection], Awaitable[None]]
"""What is to be written in the same transaction."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack in the database."""

    id: str
    size: int
    """Bytes."""
    hash: bytes
    """SHA-256."""
    index_size: int
    index_hash: bytes

    @property
    def parts(self) -> tuple[tuple[str, int, bytes], ...]:
        """Its two files: name of the part, bytes, SHA-256."""
        return ("pack", self.size, self.hash), ("index", self.index_size, self.index_hash)


@dataclass(frozen=True, slots=True)
class Contents:
    """What the database has of a workspace at one moment."""

    version: int
    generation: int
    refs: Mapping[str, str]
    """The object of each ref by its name."""
    packs: tuple[Pack, ...]
    account: str = ""
    """Whose the workspace is; empty: the account is gone."""


class Packs:
    """Packs and refs in a database. Everything raises ServiceError while that is away."""

    def __init__(
        self,
        database: Database,
        quotas: Quotas | None = None,
        *,
        most: int = MOST_PACKED,
        most_staged: int = MOST_STAGED,
    ) -> None:
        """`quotas`: of the site, which bound what the workspaces of an account take up together."""
        self._database = database
        self.turns = Turns(database)
        self._quotas = quotas or Quotas()
        self._most = most
        self._most_staged = most_staged
        self._discarding: set[asyncio.Task[None]] = set()

    async def contents(self, workspace: str) -> Contents:
        """Return refs and packs of a workspace as they are now. Raises WorkspaceError if it is not there."""

        async def contents(connection: AsyncConnection) -> Contents:
            # Whoever changes it waits, so that refs and packs are of one version.
            row = (await connection.execute(there(workspace).with_for_update(read=True))).one_or_none()
            if row is None:
                raise gone(workspace)
            refs = await connection.execute(select(GIT_REF).where(GIT_REF.c.workspace == workspace))
            taken = (GIT_PACK.c.workspace == workspace) & (GIT_PACK.c.state == TAKEN)
            packs = await connection.execute(select(GIT_PACK).where(taken).order_by(GIT_PACK.c.id))
            return Contents(
                version=row.head_version,
                generation=row.generation,
                refs={ref.name: ref.oid for ref in refs},
                packs=tuple(Pack(p.id, p.size, p.hash, p.index_size, p.index_hash) for p in packs),
                account=row.account or "",
            )

        return await self._database.run(contents)

    async def stage(self, workspace: str, pack: Path, index: Path, *, replaces: bool = False) -> Pack:
        """Bring the two files of a pack to the database; nobody sees it yet.

        `replaces`: it is to have the place of others. Nothing of it stays if
        this fails or is cancelled. Raises WorkspaceError if it is too large, too
        much is staged there, or the workspace is not there; also, unless it
        replaces others, if what its owner has would be far too much with it.
        """
        with pack.open("rb") as body, index.open("rb") as sought:
            sizes = [file.seek(0, 2) for file in (body, sought)]
            # One that replaces others may be of a workspace that is a little over it.
            if sum(sizes) > self._most + (TO_DELETE if replaces else 0):
                raise self._too_large(workspace)
            hashes = [await asyncio.to_thread(_hash, file) for file in (body, sought)]
            staged = Pack(_new_id(), sizes[0], hashes[0], sizes[1], hashes[1])
            async with self._or_discarded(staged):
                await self._announce(workspace, staged, counted=not replaces)
                for file, (part, size, _) in zip((body, sought), staged.parts, strict=True):
                    file.seek(0)
                    for number in range(_chunks(size)):
                        await self._put(workspace, staged, part, number, await asyncio.to_thread(file.read, CHUNK))
        return staged

    @asynccontextmanager
    async def staged(self, workspace: str, pack: Path, index: Path, *, replaces: bool = False) -> AsyncIterator[Pack]:
        """Stage a pack, so that it can be taken in; nothing of it stays if what is done then fails or is cancelled."""
        staged = await self.stage(workspace, pack, index, replaces=replaces)
        async with self._or_discarded(staged):
            yield staged

    async def take(
        self,
        workspace: str,
        version: int,
        refs: Mapping[str, str | None],
        pack: Pack | None,
        also: Also | None = None,
        *,
        further: Sequence[Pack] = (),
        smaller: bool = False,
        turn: str = "",
    ) -> int:
        """Take a staged pack in and change these refs (None: delete), if the workspace still is of this version.

        Without a pack, the refs are of objects that are kept already. `also` is
        done last, within the transaction: all of it or nothing. `further` packs
        come in with it. `smaller`: the files become fewer bytes, so that a
        full workspace or account may become larger by TO_DELETE. `turn`: the
        holder of a turn to save, if this is it. Returns the new version. Raises
        LostRaceError if somebody else was first, or has a turn, WorkspaceError
        if the workspace is not there, it or what its owner has becomes too
        large, a ref is none, or a pack was swept.
        """
        for name, oid in refs.items():
            if not names.allowed(name) or (oid is not None and not OID.fullmatch(oid)):
                raise WorkspaceError("has no ref of such a name or object", f"workspace {workspace}", "name another")
        known = pack.id if pack is not None else _new_id()

        async def take(connection: AsyncConnection) -> int:
            if not await advance(connection, workspace, version, WORKSPACE.c.generation, turn):
                return await why_not(connection, workspace, version, known)
            for each in (pack, *further):
                if each is not None:
                    await _take_pack(connection, workspace, each)
            if pack is None:
                await leave_trace(connection, workspace, known)
            for name, oid in refs.items():
                mine = (GIT_REF.c.workspace == workspace) & (GIT_REF.c.name == name)
                await connection.execute(delete(GIT_REF).where(mine))
                if oid is not None:
                    await connection.execute(insert(GIT_REF).values(workspace=workspace, name=name, oid=oid))
            grown = sum(each.size + each.index_size for each in (pack, *further) if each is not None)
            await self._measure(connection, workspace, TO_DELETE if smaller or pack is None else 0, grown)
            if also is not None:
                await also(connection)
            return version + 1

        return await self._database.run(take)

    async def replace(
        self, workspace: str, version: int, pack: Pack, former: Collection[str] | None = None, *, turn: str = ""
    ) -> int:
        """Have a staged pack in the place of those of these ids, if the workspace still is of this version.

        Without ids it has that of all that are kept. `turn`: the holder of a turn to save, if this is it. Returns the
        new version: whoever saves on the old one may count on objects that are no more. Raises as `take`.
        """
        others = (GIT_PACK.c.workspace == workspace) & (GIT_PACK.c.state == TAKEN) & (GIT_PACK.c.id != pack.id)
        if former is not None:
            others &= GIT_PACK.c.id.in_(former)

        async def replace(connection: AsyncConnection) -> int:
            if not await advance(connection, workspace, version, WORKSPACE.c.generation + 1, turn):
                return await why_not(connection, workspace, version, pack.id)
            await _take_pack(connection, workspace, pack)
            await connection.execute(update(GIT_PACK).where(others).values(state=OLD, touched=Now()))
            return version + 1

        return await self._database.run(replace)

    async def discard(self, pack: Pack) -> None:
        """Delete a pack that is staged; one that was taken in stays. It is done even if this is cancelled.

        From the first transaction on it cannot be taken in; what it has goes by batches, so that none takes long. What
        is left, if that is broken off, the next sweep takes.
        """
        discarding = asyncio.create_task(self._discard(pack))
        self._discarding.add(discarding)
        discarding.add_done_callback(self._discarding.discard)
        await asyncio.shield(discarding)

    async def fetch(self, pack: Pack, part: str, size: int, wanted: bytes, file: BinaryIO) -> None:
        """Write a part of a pack to a file. Raises ServiceError if it is not what was kept."""
        seen = hashlib.sha256()
        for number in range(_chunks(size)):
            data = await self._chunk(pack, part, number)
            await asyncio.to_thread(file.write, data)
            seen.update(data)
        if seen.digest() != wanted:
            raise ServiceError("has other bytes than were kept", f"pack {pack.id}", "restore the database's backup")

    async def sweep(self) -> int:
        """Delete a batch of what is staged or old for longer than GRACE; return how many rows."""
        over = GIT_PACK.c.state.in_((STAGED, OLD, DISCARDED)) & (GIT_PACK.c.touched < Now() - GRACE)
        # Held, so that none is taken in while its chunks go.
        held = select(GIT_PACK.c.id).where(over).limit(BATCH).with_for_update(skip_locked=True)

        async def sweep(connection: AsyncConnection) -> int:
            packs = list(await connection.scalars(held))
            if chunks := await delete_chunks(connection, packs):
                return chunks
            return (await connection.execute(delete(GIT_PACK).where(GIT_PACK.c.id.in_(packs)))).rowcount

        return await self._database.run(sweep)

    # ---------------------------------------------------------------- within

    async def _discard(self, pack: Pack) -> None:
        mine = GIT_PACK.c.id == pack.id
        # Not touched for longest: it is swept next.
        gone = update(GIT_PACK).where(mine, GIT_PACK.c.state == STAGED).values(state=DISCARDED, touched=0.0)

        async def begin(connection: AsyncConnection) -> None:
            await connection.execute(gone)

        async def go_on(connection: AsyncConnection) -> bool:
            if await connection.scalar(select(GIT_PACK.c.state).where(mine)) != DISCARDED:
                return False
            if await delete_chunks(connection, [pack.id]):
                return True
            await connection.execute(delete(GIT_PACK).where(mine))
            return False

        await self._database.run(begin)
        while await self._database.run(go_on):
            pass

    @asynccontextmanager
    async def _or_discarded(self, pack: Pack) -> AsyncIterator[None]:
        try:
            yield
        except BaseException:
            # Where the database is away, a sweep does it later. One that was taken in, and nobody could say so, stays.
            with suppress(ServiceError):
                await self.discard(pack)
            raise

    async def _announce(self, workspace: str, pack: Pack, *, counted: bool) -> None:
        generation = 0 if counted else WHOLE
        row = {"id": pack.id, "workspace": workspace, "generation": generation, "state": STAGED, "touched": Now()}
        row |= {"size": pack.size, "hash": pack.hash, "index_size": pack.index_size, "index_hash": pack.index_hash}

        async def announce(connection: AsyncConnection) -> None:
            # One at a time, so that the sum is right.
            if (await connection.execute(there(workspace).with_for_update(key_share=True))).one_or_none() is None:
                raise gone(workspace)
            if counted:
                more = pack.size + pack.index_size
                await check_storage(connection, workspace, self._quotas, more=more, beyond=TO_DELETE, grown=more)
            known = select(GIT_PACK.c.id).where(GIT_PACK.c.id == pack.id)
            if await connection.scalar(known) is None:
                await connection.execute(insert(GIT_PACK).values(row))
            if await _bytes(connection, workspace, STAGED, GIT_PACK.c.generation == generation) > self._most_staged:
                raise WorkspaceError(
                    "too much is saved there at once", f"workspace {workspace}", "try again in a while"
                )

        await self._database.run(announce)

    async def _put(self, workspace: str, pack: Pack, part: str, number: int, data: bytes) -> None:
        staged = (GIT_PACK.c.id == pack.id) & (GIT_PACK.c.state == STAGED)
        chunk = GIT_PACK_CHUNK.c
        mine = (chunk.pack == pack.id) & (chunk.part == part) & (chunk.number == number)

        async def put(connection: AsyncConnection) -> None:
            touched = await connection.execute(update(GIT_PACK).where(staged).values(touched=Now()))
            if not touched.rowcount:
                raise _swept(workspace)
            # Done twice: the connection was lost after the first time.
            await connection.execute(delete(GIT_PACK_CHUNK).where(mine))
            row = {"pack": pack.id, "part": part, "number": number, "data": data}
            await connection.execute(insert(GIT_PACK_CHUNK).values(row))

        await self._database.run(put)

    async def _chunk(self, pack: Pack, part: str, number: int) -> bytes:
        chunk = GIT_PACK_CHUNK.c
        mine = (chunk.pack == pack.id) & (chunk.part == part) & (chunk.number == number)
        size, data = select(func.length(chunk.data)).where(mine), select(chunk.data).where(mine)

        async def read(connection: AsyncConnection) -> bytes:
            there = await connection.scalar(size)
            if there is None or there > CHUNK:
                raise LostRaceError("is not there any more", f"pack {pack.id}", "try again")
            return bytes(await connection.scalar(data) or b"")

        return await self._database.run(read)

    async def _measure(self, connection: AsyncConnection, workspace: str, beyond: int, grown: int) -> None:
        if await _bytes(connection, workspace, TAKEN) > self._most + beyond:
            raise self._too_large(workspace)
        await check_storage(connection, workspace, self._quotas, beyond=beyond, grown=grown)
        refs = list(await connection.scalars(select(GIT_REF.c.name).where(GIT_REF.c.workspace == workspace)))
        if len(refs) > MOST_REFS:
            raise WorkspaceError(f"would have more than {MOST_REFS} refs", f"workspace {workspace}", "delete some")
        if shorter := names.within(refs):
            what = f"would have a ref {shorter} beside one under it"
            raise WorkspaceError(what, f"workspace {workspace}", "give one of them another name, or delete it")

    def _too_large(self, workspace: str) -> WorkspaceError:
        limit = f"{self._most >> 20} MiB" if self._most >> 20 else f"{self._most} bytes"
        return WorkspaceError(f"would be larger than {limit}", f"workspace {workspace}", "keep large files elsewhere")


async def _take_pack(connection: AsyncConnection, workspace: str, pack: Pack) -> None:
    generation = select(WORKSPACE.c.generation).where(WORKSPACE.c.id == workspace).scalar_subquery()
    staged = (GIT_PACK.c.id == pack.id) & (GIT_PACK.c.workspace == workspace) & (GIT_PACK.c.state == STAGED)
    values = {"state": TAKEN, "generation": generation, "touched": Now()}
    if not (await connection.execute(update(GIT_PACK).where(staged).values(values))).rowcount:
        raise _swept(workspace)
    # A chunk that a sweep had already taken, or that never came, must not be missed later.
    chunks = await connection.scalar(select(func.count()).where(GIT_PACK_CHUNK.c.pack == pack.id))
    if chunks != sum(_chunks(size) for _, size, _ in pack.parts):
        raise _swept(workspace)


async def _bytes(connection: AsyncConnection, workspace: str, state: str, *which: ColumnElement[bool]) -> int:
    """Return how much of a workspace is in this state."""
    those: ColumnElement[bool] = (GIT_PACK.c.workspace == workspace) & (GIT_PACK.c.state == state)
    size = func.sum(GIT_PACK.c.size + GIT_PACK.c.index_size)
    return int(await connection.scalar(select(size).where(those, *which)) or 0)


def _new_id() -> str:
    return secrets.token_hex(16)


def _chunks(size: int) -> int:
    return -(-size // CHUNK)


def _hash(file: BufferedReader) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()


def _swept(workspace: str) -> WorkspaceError:
    return WorkspaceError("what was to be saved took too long to arrive", f"workspace {workspace}", "save again")
