"""Packs and refs in both databases: one of two wins, nothing of the other is left, chunks come back as they were."""

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.database import Database as Settings
from sagews.config.postgresql import BACKEND
from sagews.config.site import Site
from sagews.database import packs as module
from sagews.database import workspaces as workspaces_module
from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act
from sagews.database.database import Database, T, Work
from sagews.database.packs import CHUNK, Pack, Packs
from sagews.database.rights import grant
from sagews.database.workspaces import Workspace, Workspaces, delete_chunks
from sagews.errors import LostRaceError, ServiceError, WorkspaceError
from tests.postgresql import PASSWORD, PostgreSQL

MAIN = "refs/heads/main"
A, B = "a" * 40, "b" * 40


@pytest.fixture
async def packs(database: Database) -> Packs:
    await Accounts(database).add(Account("a"), Act("added", "a"))
    await Workspaces(database).add(Workspace("w", "a", "one"))
    return Packs(database)


async def stage(packs: Packs, folder: Path, body: bytes = b"body", index: bytes = b"index") -> Pack:
    (folder / "p").write_bytes(body)
    (folder / "i").write_bytes(index)
    return await packs.stage("w", folder / "p", folder / "i")


async def count(database: Database, table: str) -> int:
    wanted = text(f"SELECT count(*) FROM {table}")
    return await database.run(lambda connection: connection.scalar(wanted)) or 0


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK + 1])
async def test_a_pack_comes_back_as_it_was(packs: Packs, tmp_path: Path, size: int) -> None:
    body = (b"\0\xff\x80'" * (size // 4 + 1))[:size]
    staged = await stage(packs, tmp_path, body)
    assert (await packs.contents("w")).packs == ()
    assert await packs.take("w", 0, {MAIN: A}, staged) == 1
    contents = await packs.contents("w")
    assert (contents.version, contents.refs, contents.packs) == (1, {MAIN: A}, (staged,))
    for (part, length, digest), wanted in zip(staged.parts, (body, b"index"), strict=True):
        with (tmp_path / part).open("wb") as file:
            await packs.fetch(staged, part, length, digest, file)
        assert (tmp_path / part).read_bytes() == wanted


async def test_of_many_on_one_version_one_wins_and_nothing_of_the_others_is_left(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    async def save(number: int) -> str:
        (tmp_path / str(number)).mkdir()
        staged = await stage(packs, tmp_path / str(number))
        try:
            await packs.take("w", 0, {MAIN: f"{number:040x}", f"refs/heads/{number}": A}, staged)
        except LostRaceError as error:
            assert "was changed by somebody else meanwhile" in str(error)
            await packs.discard(staged)
            return ""
        return f"{number:040x}"

    async with asyncio.timeout(30):
        won = [each for each in await asyncio.gather(*map(save, range(8))) if each]
    contents = await packs.contents("w")
    assert contents.version == len(won) == 1 and contents.refs[MAIN] == won[0] and len(contents.refs) == 2
    assert await count(database, "git_pack") == 1 and await count(database, "git_pack_chunk") == 2


async def test_the_same_done_twice_is_done_once(packs: Packs, tmp_path: Path) -> None:
    staged = await stage(packs, tmp_path)
    assert [await packs.take("w", 0, {MAIN: A}, staged) for _ in range(2)] == [1, 1]
    await packs.discard(staged)
    assert (await packs.contents("w")).packs == (staged,)


async def test_refs_change_without_a_pack_and_with_what_else_is_to_be_written(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    async def also(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE workspace SET name = name || '+'"))

    async def fail(connection: AsyncConnection) -> None:
        await also(connection)
        raise WorkspaceError("no")

    async def name() -> str:
        workspace = await Workspaces(database).get("w")
        assert workspace is not None
        return workspace.name

    staged = await stage(packs, tmp_path)
    with pytest.raises(WorkspaceError, match="no"):
        await packs.take("w", 0, {MAIN: A}, staged, fail)
    assert (await packs.contents("w")).version == 0 and await name() == "one"
    assert await packs.take("w", 0, {MAIN: A}, staged, also) == 1
    side = "refs/heads/\u03a3.1"
    assert await packs.take("w", 1, {MAIN: None, side: A}, None, also) == 2
    contents = await packs.contents("w")
    assert (contents.refs, contents.packs, await name()) == ({side: A}, (staged,), "one++")
    with pytest.raises(LostRaceError):
        await packs.take("w", 1, {MAIN: A}, None, also)
    with pytest.raises(WorkspaceError, match=r"would have a ref refs/heads/.*1 beside one under it"):
        await packs.take("w", 2, {f"{side}/x": A}, None, also)
    # In the place of the other it may be.
    assert await packs.take("w", 2, {side: None, f"{side}/x": A}, None) == 3
    assert (await packs.contents("w")).refs == {f"{side}/x": A} and await name() == "one++"


async def test_a_change_without_a_pack_whose_connection_is_lost_is_done_once(empty: PostgreSQL, tmp_path: Path) -> None:
    database = Database(Site(data_directory=str(tmp_path), database=Settings(url=empty.url)), PASSWORD)

    class Twice(Database):
        """Work whose first connection was lost after it was done."""

        async def run(self, work: Work[T]) -> T:
            await super().run(work)
            return await super().run(work)

    twice = Twice(Site(data_directory=str(tmp_path), database=Settings(url=empty.url)), PASSWORD)
    try:
        await database.migrate()
        await Accounts(database).add(Account("a"), Act("added", "a"))
        await Workspaces(database).add(Workspace("w", "a", "one"))
        assert await Packs(twice).take("w", 0, {MAIN: A}, None) == 1
        assert (await Packs(database).contents("w")).version == 1
    finally:
        await database.close()
        await twice.close()


async def test_what_is_too_large_or_no_ref_is_refused_and_changes_nothing(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    small = Packs(database, most=20)
    with pytest.raises(WorkspaceError, match="workspace w: would be larger than 20 bytes"):
        await stage(small, tmp_path, b"x" * 16)
    assert await count(database, "git_pack") == 0
    await small.take("w", 0, {MAIN: A}, await stage(small, tmp_path))
    second = await stage(small, tmp_path, b"x" * 10)
    with pytest.raises(WorkspaceError, match="would be larger"):
        await small.take("w", 1, {MAIN: B}, second)
    for name, oid in ((MAIN, "a" * 39), (MAIN, A + "\n"), ("refs/heads/a\nb", A), ("refs/../x", A), ("HEAD", A)):
        with pytest.raises(WorkspaceError, match="no ref of such a name"):
            await packs.take("w", 1, {name: oid}, second)
    contents = await packs.contents("w")
    assert contents.version == 1 and contents.refs == {MAIN: A} and len(contents.packs) == 1


async def test_nothing_stays_staged_of_who_is_cancelled(
    database: Database, packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    async with asyncio.timeout(30):
        staging = asyncio.create_task(stage(packs, tmp_path, b"x" * 100_000))
        while await count(database, "git_pack_chunk") < 3:
            await asyncio.sleep(0)
        staging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await staging
    assert await count(database, "git_pack") == await count(database, "git_pack_chunk") == 0

    async def use() -> None:
        async with packs.staged("w", tmp_path / "p", tmp_path / "i"):
            begun.set()
            await asyncio.sleep(60)

    (tmp_path / "p").write_bytes(b"body")
    begun = asyncio.Event()
    async with asyncio.timeout(30):
        using = asyncio.create_task(use())
        await begun.wait()
        assert await count(database, "git_pack") == 1
        using.cancel()
        # Once more, while the pack is discarded.
        await asyncio.sleep(0)
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using
        while await count(database, "git_pack"):
            await asyncio.sleep(0.01)


async def test_nothing_stays_staged_when_the_database_fails(database: Database, packs: Packs, tmp_path: Path) -> None:
    rename = "ALTER TABLE {} RENAME TO {}"
    await database.run(lambda c: c.execute(text(rename.format("git_pack_chunk", "away"))))
    with pytest.raises(ServiceError):
        await stage(packs, tmp_path)
    assert await count(database, "git_pack WHERE state = 'staged'") == 0
    await database.run(lambda c: c.execute(text(rename.format("away", "git_pack_chunk"))))
    await database.run(lambda c: c.execute(text(rename.format("git_ref", "away"))))
    with pytest.raises(ServiceError):
        async with packs.staged("w", tmp_path / "p", tmp_path / "i") as staged:
            await packs.take("w", 0, {MAIN: A}, staged)
    assert await count(database, "git_pack WHERE state = 'staged'") == 0


async def test_only_so_much_is_staged_at_once(database: Database, packs: Packs, tmp_path: Path) -> None:
    few = Packs(database, most_staged=20)
    first = await stage(few, tmp_path)
    second = await stage(few, tmp_path)
    with pytest.raises(WorkspaceError, match="workspace w: too much is saved there at once"):
        await stage(few, tmp_path)
    assert await count(database, "git_pack") == 2
    await few.discard(first)
    await few.take("w", 0, {MAIN: A}, second)
    await stage(few, tmp_path)


async def test_what_a_killed_compaction_left_keeps_nobody_from_saving(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    few = Packs(database, most_staged=20)
    first = await stage(few, tmp_path)
    for _ in range(2):
        await few.stage("w", tmp_path / "p", tmp_path / "i", replaces=True)
    with pytest.raises(WorkspaceError, match="workspace w: too much is saved there at once"):
        await few.stage("w", tmp_path / "p", tmp_path / "i", replaces=True)
    second = await stage(few, tmp_path)
    for version, pack in enumerate((first, second)):
        await few.take("w", version, {MAIN: A}, pack)


async def test_a_large_pack_is_discarded_by_batches(
    database: Database, packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 10)
    monkeypatch.setattr(workspaces_module, "BATCH", 2)
    batches: list[int] = []

    async def noted(connection: AsyncConnection, those: list[str]) -> int:
        batches.append(await delete_chunks(connection, those))
        if batches == [2, 2, 1, 0, 2]:
            raise ServiceError("cannot be reached", "database")
        return batches[-1]

    monkeypatch.setattr(module, "delete_chunks", noted)
    await packs.discard(await stage(packs, tmp_path, bytes(40)))
    assert batches == [2, 2, 1, 0] and await count(database, "git_pack") == 0
    # Broken off: nobody takes it in, and the next sweep takes what is left.
    second = await stage(packs, tmp_path, bytes(40))
    with pytest.raises(ServiceError):
        await packs.discard(second)
    with pytest.raises(WorkspaceError, match="took too long to arrive"):
        await packs.take("w", 0, {MAIN: A}, second)
    while await packs.sweep():
        pass
    assert await count(database, "git_pack") == await count(database, "git_pack_chunk") == 0


async def test_a_ref_is_deleted_and_a_deleted_workspace_takes_nothing(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    await packs.take("w", 0, {MAIN: A, "refs/heads/side": B}, await stage(packs, tmp_path))
    await packs.take("w", 1, {"refs/heads/side": None}, await stage(packs, tmp_path))
    assert (await packs.contents("w")).refs == {MAIN: A}
    staged = await stage(packs, tmp_path)
    await Workspaces(database).delete("w")
    for work in (packs.take("w", 2, {MAIN: B}, staged), packs.contents("w"), stage(packs, tmp_path)):
        with pytest.raises(WorkspaceError, match="workspace w: is not there"):
            await work
    await database.run(lambda connection: connection.execute(text("UPDATE workspace SET deleted = 1.0")))
    async with asyncio.timeout(30):
        while await Workspaces(database).sweep():
            pass
    for table in ("workspace", "git_ref", "git_pack", "git_pack_chunk"):
        assert await count(database, table) == 0


async def test_old_and_staged_packs_are_swept_after_a_grace_time(
    database: Database, packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await stage(packs, tmp_path)
    await packs.take("w", 0, {MAIN: A}, first)
    await packs.take("w", 1, {MAIN: B}, await stage(packs, tmp_path))
    whole, left = await stage(packs, tmp_path), await stage(packs, tmp_path)
    assert await packs.replace("w", 2, whole) == 3
    contents = await packs.contents("w")
    assert contents.packs == (whole,) and contents.generation == 1 and contents.refs == {MAIN: B}
    # Nor by a backend whose clock is wrong.
    with monkeypatch.context() as patch:
        wrong = time.time() + 2 * module.GRACE
        patch.setattr(time, "time", lambda: wrong)
        assert await packs.sweep() == 0
    # Whoever is reading the old ones comes to the end.
    with (tmp_path / "read").open("wb") as file:
        await packs.fetch(first, "pack", first.size, first.hash, file)
    monkeypatch.setattr(module, "GRACE", -1.0)
    async with asyncio.timeout(30):
        while await packs.sweep():
            pass
    assert await count(database, "git_pack") == 1 and await count(database, "git_pack_chunk") == 2
    with pytest.raises(WorkspaceError, match="took too long to arrive"):
        await packs.take("w", 3, {MAIN: A}, left)
    with pytest.raises(LostRaceError, match="is not there any more"), (tmp_path / "read").open("wb") as file:
        await packs.fetch(first, "pack", first.size, first.hash, file)
    assert (await packs.contents("w")).version == 3


async def test_bytes_that_have_changed_are_found_out(database: Database, packs: Packs, tmp_path: Path) -> None:
    staged = await stage(packs, tmp_path)
    change = text("UPDATE git_pack_chunk SET data = :data WHERE part = 'pack'")
    await database.run(lambda connection: connection.execute(change, {"data": b"bodY"}))
    with pytest.raises(ServiceError, match="has other bytes than were kept"), (tmp_path / "x").open("wb") as file:
        await packs.fetch(staged, "pack", staged.size, staged.hash, file)


async def test_a_pack_of_which_a_chunk_is_missing_is_not_taken_in(
    database: Database, packs: Packs, tmp_path: Path
) -> None:
    staged = await stage(packs, tmp_path)
    await database.run(lambda connection: connection.execute(text("DELETE FROM git_pack_chunk WHERE part = 'index'")))
    with pytest.raises(WorkspaceError, match="took too long to arrive"):
        await packs.take("w", 0, {MAIN: A}, staged)
    assert (await packs.contents("w")).version == 0


async def test_the_role_of_backends_may_do_all_of_it(empty: PostgreSQL, tmp_path: Path) -> None:
    migrating = Database(Site(data_directory=str(tmp_path), database=Settings(url=empty.url)), PASSWORD)
    url = f"postgresql+asyncpg://{BACKEND}@/postgres?host={empty.folder}&port={empty.port}"
    backend = Database(Site(data_directory=str(tmp_path), database=Settings(url=url)))
    await empty.ask(f"DROP ROLE IF EXISTS {BACKEND}")
    await empty.ask(f"CREATE ROLE {BACKEND} LOGIN")
    try:
        await empty.ask("GRANT USAGE ON SCHEMA public TO PUBLIC")
        await migrating.migrate()
        await migrating.run(grant)
        await Accounts(backend).add(Account("a"), Act("added", "a"))
        await Workspaces(backend).add(Workspace("w", "a", "one"))
        packs = Packs(backend)
        await packs.take("w", 0, {MAIN: A}, await stage(packs, tmp_path))
        await packs.replace("w", 1, await stage(packs, tmp_path))
        await packs.discard(await stage(packs, tmp_path))
        assert await Accounts(backend).remove("a", Act("deleted", "a"))
        await migrating.run(lambda connection: connection.execute(text("UPDATE workspace SET deleted = 1.0")))
        async with asyncio.timeout(30):
            while await Workspaces(backend).sweep():
                pass
        assert await packs.sweep() == await count(backend, "workspace") == 0
    finally:
        await backend.close()
        await migrating.close()
        await empty.ask(f"DROP OWNED BY {BACKEND}")
        await empty.ask(f"DROP ROLE {BACKEND}")
