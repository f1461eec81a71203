"""What is pushed, taken in while others change the workspace, and who is told of it."""

import asyncio
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from sagews.backend.workspaces import listing
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.receiving import Pushed, Receiving
from sagews.backend.workspaces.shelf import Shelf
from sagews.backend.workspaces.store import Store
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.packs import Packs
from sagews.database.workspace_tables import GIT_ARRIVAL, GIT_PACK, STAGED
from sagews.errors import LostRaceError, WorkspaceError
from tests.unit.backend.workspaces.conftest import with_workspace

EMMY = Author("Emmy", time=1e9)
Told = tuple[str]


class Overtaken(Packs):
    """Packs that somebody changes just before something is taken in."""

    def __init__(self, database: Database, by: Any) -> None:
        super().__init__(database)
        self._by = by

    async def take(self, *arguments: Any, **options: Any) -> int:
        if (by := self._by) is not None:
            self._by = None
            await by()
        return await super().take(*arguments, **options)


@pytest.fixture
async def shared(database: Database) -> Database:
    return await with_workspace(database)


def pushed(workspace: str, old: str | None, new: str) -> Pushed:
    """Return what somebody wants who may do it all the time."""

    async def still_may() -> None:
        pass

    return Pushed(workspace, old, new, "a", still_may)


async def packed(
    store: Store, head: str | None, files: dict[str, bytes], folder: Path, *, message: bytes = b""
) -> tuple[str, bytes]:
    """Return a commit after a head, and the thin pack of it, as a client makes them."""
    async with store.copies.copy("w") as copy:
        lines = b"".join(b"M 100644 inline %s\ndata %d\n%s\n" % (p.encode(), len(d), d) for p, d in files.items())
        start = f"from {head}\n".encode() if head else b""
        given = b"commit refs/heads/x\ncommitter a <a> 1 +0000\n"
        given += b"data %d\n%s\n" % (len(message), message) + start + lines
        environment = os.environ | {
            "GIT_DIR": str(folder),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(copy.objects),
        }

        def run(*words: str, given: bytes = b"") -> bytes:
            done = subprocess.run(["git", *words], input=given, env=environment, check=True, capture_output=True)
            return done.stdout

        def make() -> tuple[str, bytes]:
            run("init", "-q", "--bare")
            run("fast-import", "--quiet", given=given)
            new = run("rev-parse", "refs/heads/x").decode().strip()
            wanted = f"{new}\n" + (f"^{head}\n" if head else "")
            return new, run("pack-objects", "--revs", "--thin", "--stdout", "-q", given=wanted.encode())

        return await asyncio.to_thread(make)


async def test_whoever_is_told_is_told_of_a_push_once(shared: Database, tmp_path: Path) -> None:
    told: list[Told] = []

    async def tell(*of: Any) -> None:
        told.append(of)

    packs = Packs(shared)
    store = Store(tmp_path / "cache", packs, Git())
    receiving = Receiving(packs, Git(), store.copies, tell)
    first = (await store.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
    await store.save("w", {"a": b"1"}, base=first, author=EMMY)
    new, pack = await packed(store, first, {"a": b"2"}, tmp_path / "client")
    await receiving.receive(pushed("w", first, new), [pack])
    # Pushed again by who was never told.
    await receiving.receive(pushed("w", first, new), [pack])
    assert told == [("w",)]
    with pytest.raises(LostRaceError):
        await receiving.receive(pushed("w", first, first[::-1]), [pack])
    assert len(told) == 1 and await store.read("w", "a") == b"2"


async def test_no_list_of_files_is_read_on_the_event_loop(
    shared: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(Site(data_directory=str(tmp_path)), shared)
    where: list[threading.Thread] = []
    files_of = listing.files_of

    def read(listed: bytes) -> dict[str, File]:
        where.append(threading.current_thread())
        return files_of(listed)

    monkeypatch.setattr(listing, "files_of", read)
    first = (await shelf.store.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
    new, pack = await packed(shelf.store, first, {"a": b"2"}, tmp_path / "client")
    await shelf.receiving.receive(pushed("w", first, new), [pack])
    received = len(where)
    async with shelf.archives.zip("w"):
        pass
    assert len(where) > received >= 2 and threading.main_thread() not in where


async def test_packs_made_one_meanwhile(shared: Database, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache", Packs(shared), Git())
    head = (await store.save("w", {"a": b"x" * 5000}, base=None, author=EMMY)).commit
    head = (await store.save("w", {"b": b"1"}, base=head, author=EMMY)).commit
    new, pack = await packed(store, head, {"a": b"x" * 5000 + b"y"}, tmp_path / "client")
    packs = Overtaken(shared, lambda: store.compact("w"))

    async def tell(*of: Any) -> None:
        pass

    await Receiving(packs, Git(), store.copies, tell).receive(pushed("w", head, new), [pack])
    assert await store.head("w") == new and await store.read("w", "a") == b"x" * 5000 + b"y"
    await store.verify("w")


async def test_another_head_meanwhile(shared: Database, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache", Packs(shared), Git())
    head = (await store.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
    new, pack = await packed(store, head, {"a": b"2"}, tmp_path / "client")
    packs = Overtaken(shared, lambda: store.save("w", {"b": b"1"}, base=head, author=EMMY))

    async def tell(*of: Any) -> None:
        raise AssertionError("nothing was taken in")

    with pytest.raises(LostRaceError, match="fetch first"):
        await Receiving(packs, Git(), store.copies, tell).receive(pushed("w", head, new), [pack])
    assert {path: file.size for path, file in (await store.files("w")).items()} == {"a": 1, "b": 1}
    assert await store.read("w", "a") == b"1"


async def test_a_push_is_one_whatever_comes_of_the_telling(tmp_path: Path) -> None:
    site = Site(data_directory=str(tmp_path / "data"))
    database = await with_workspace(Database(site))
    shelf = Shelf(site, database)

    async def tell(*of: Any) -> None:
        raise RuntimeError("a fault")

    shelf.on_pushed = tell
    first = (await shelf.store.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
    new, pack = await packed(shelf.store, first, {"a": b"2"}, tmp_path / "client")
    with capture_logs() as logs:
        await shelf.receiving.receive(pushed("w", first, new), [pack])
    assert await shelf.store.head("w") == new
    assert [each["event"] for each in logs] == ["nobody could be told of a push"]
    await database.close()


async def test_whoever_may_no_more_when_it_is_there_brings_nothing(shared: Database, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache", Packs(shared), Git())
    first = (await store.save("w", {"a": b"1"}, base=None, author=EMMY)).commit
    head = (await store.save("w", {"b": b"1"}, base=first, author=EMMY)).commit
    new, pack = await packed(store, head, {"a": b"2"}, tmp_path / "client")
    staged: list[int] = []

    async def count(connection: AsyncConnection) -> int:
        return await connection.scalar(select(func.count()).where(GIT_PACK.c.state == STAGED)) or 0

    async def still_may() -> None:
        # Asked when all is in the database, and once more when somebody was faster.
        staged.append(await shared.run(count))
        if len(staged) > limit:
            raise WorkspaceError("is not yours", "workspace", "ask")

    async def tell(*of: Any) -> None:
        raise AssertionError("nothing was taken in")

    for limit, packs in ((0, Packs(shared)), (1, Overtaken(shared, lambda: store.compact("w")))):
        staged.clear()
        receiving = Receiving(packs, Git(), store.copies, tell)
        with pytest.raises(WorkspaceError, match="is not yours"):
            await receiving.receive(Pushed("w", head, new, "a", still_may), [pack])
        assert staged == [1] * (limit + 1)
        assert await store.head("w") == head and await shared.run(count) == 0
    arrivals = await shared.run(lambda connection: connection.execute(select(GIT_ARRIVAL.c.oid)))
    assert {oid for (oid,) in arrivals} == {first, head}
