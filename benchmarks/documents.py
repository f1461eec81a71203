"""Worksheets and workspaces: opening, writing together, saving, cloning, restoring. Real backends, a real PostgreSQL.

Two backends share a database that waits for its disk at each commit. `python -m benchmarks.documents` measures this
alone.
"""

import argparse
import asyncio
import json
import secrets
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from yarl import URL

from benchmarks.figures import Figures
from benchmarks.table import RESULTS, keep, table
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.api_tokens import APITokens, Scope
from sagews.database.audit import Act
from sagews.database.database import Database
from tests.postgresql import PASSWORD, PostgreSQL, running_postgresql
from tests.site.worksheets.editor import Editor, notebook, put
from tests.site.workspaces.house import House, Person, running_house
from tests.site.workspaces.remote import git

CELLS = (10, 100, 1000)
OPENINGS = 10
EDITS = 100
"""Letters that one person writes and another sees."""
WRITERS = 16
SECONDS = 3.0
"""Of writing at once, and of commits one after the other."""
MEBIBYTES = (1, 10, 50)
"""Of the repositories."""
TURNS = 5
WITHOUT_RATES = (
    "[rates]\nworkspaces_per_address = ''\nworkspaces_per_account = ''\nfiles_per_account = ''\n"
    "worksheets_per_account = ''\nworksheets_per_address = ''\nedits_per_account = ''\nedits_per_address = ''\n"
)


def is_possible() -> bool:
    """Whether PostgreSQL is installed."""
    return bool([*Path("/usr/lib/postgresql").glob("*/bin/initdb")])


def measured(directory: Path, scale: float) -> dict[str, Figures]:
    """Return all figures by name."""
    folder = directory / "documents"
    folder.mkdir()
    with running_postgresql(durable=True) as server, running_house(folder, server, WITHOUT_RATES) as house:
        return asyncio.run(_measured(server, house, folder, scale))


async def _measured(server: PostgreSQL, house: House, folder: Path, scale: float) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    async with house.person() as person:
        for cells in CELLS:
            found[f"worksheet_{cells}"] = await openings(person, cells, max(2, round(OPENINGS * scale)))
        found["edit_seen"] = await seen(person, max(10, round(EDITS * scale)))
        found["commits"] = await commits(server)
        found["edits_alone"] = await edits(person, 1)
        found["edits"] = await edits(person, WRITERS)
        for size in MEBIBYTES:
            found |= await repository(server, person, folder, size, max(2, round(TURNS * scale)))
    return found


@asynccontextmanager
async def _connected(server: PostgreSQL) -> AsyncIterator[Any]:
    url = URL(server.url)
    connection = await asyncpg.connect(
        host=url.host, port=url.port, user=url.user, password=PASSWORD, database=url.path.strip("/")
    )
    try:
        yield connection
    finally:
        await connection.close()


async def openings(person: Person, cells: int, turns: int) -> Figures:
    """Return milliseconds from asking for a worksheet with so many cells until all of it is there."""
    where = await person.make()
    text = notebook(*(f"x = {number}\nprint('{'λ' * 20}', x)" for number in range(cells)))
    await put(person, f"{where}/files/a.ipynb", text.encode())
    figures = Figures("ms")
    for turn in range(-1, turns):
        editor = Editor(where, "a.ipynb")
        async with editor.connection(person.one):
            begun = time.perf_counter()
            opened = await editor.open()
            if opened["kind"] != "worksheet_opened" or len(editor.cells) != cells:
                raise RuntimeError(f"{cells} cells were not opened: {opened}")
            if turn >= 0:
                figures.samples.append((time.perf_counter() - begun) * 1000)
    return figures


async def seen(person: Person, letters: int) -> Figures:
    """Return milliseconds from writing a letter at one backend until somebody at another has it."""
    where = await person.make()
    await put(person, f"{where}/files/a.ipynb", notebook("").encode())
    one, two = Editor(where, "a.ipynb"), Editor(where, "a.ipynb")
    figures = Figures("ms")
    async with one.at(person.one), two.at(person.two):
        for number in range(-5, letters):
            begun = time.perf_counter()
            one.write(0, 0, "x")
            writing = asyncio.create_task(one.send_all())
            length = number + 6
            await two.until(lambda length=length: len(two.sources[0]) == length)  # type: ignore[misc]
            if number >= 0:
                figures.samples.append((time.perf_counter() - begun) * 1000)
            await writing
    return figures


async def edits(person: Person, writers: int) -> Figures:
    """Return edits a second that are acknowledged to so many who write in one worksheet at once."""
    where = await person.make()
    await put(person, f"{where}/files/a.ipynb", notebook(*[""] * writers).encode())
    figures = Figures("/s")
    async with AsyncExitStack() as stack:
        editors = [Editor(where, "a.ipynb") for _ in range(writers)]
        for number, editor in enumerate(editors):
            await stack.enter_async_context(editor.at(person.two if number % 2 else person.one))
        for turn in range(-1, 3):
            end = time.perf_counter() + SECONDS
            counts = await asyncio.gather(*(_write(editor, number, end) for number, editor in enumerate(editors)))
            if turn >= 0:
                figures.samples.append(sum(counts) / SECONDS)
    return figures


async def _write(editor: Editor, cell: int, end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        editor.write(cell, 0, "x")
        await editor.send_all()
        count += 1
    return count


async def commits(server: PostgreSQL) -> Figures:
    """Return commits a second of one connection, each of one small row: what edits had without being put together."""
    figures = Figures("/s")
    async with _connected(server) as connection:
        await connection.execute("CREATE TABLE benchmark_commit (id bigserial PRIMARY KEY, payload bytea NOT NULL)")
        for _ in range(3):
            begun, count = time.perf_counter(), 0
            while time.perf_counter() - begun < SECONDS:
                await connection.execute("INSERT INTO benchmark_commit (payload) VALUES ($1)", b"x" * 60)
                count += 1
            figures.samples.append(count / (time.perf_counter() - begun))
        await connection.execute("DROP TABLE benchmark_commit")
    return figures


async def repository(
    server: PostgreSQL, person: Person, folder: Path, mebibytes: int, turns: int
) -> dict[str, Figures]:
    """Return milliseconds to save a file into a workspace of a size, to clone it, to clone the same by git alone, and
    to restore it at a backend that has never seen it.
    """
    saving, cloning, plain, restoring = (Figures("ms") for _ in range(4))
    token = await _token(server, person.account)
    for turn in range(turns):
        where = await person.make()
        version = ""
        for number in range(10):
            content = secrets.token_bytes(mebibytes * (1 << 20) // 10)
            version = await put(person, f"{where}/files/data{number}.bin", content, version)
        begun = time.perf_counter()
        version = await put(person, f"{where}/files/note{turn}.txt", b"one more", version)
        saving.samples.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        status, content, _ = await person.fetch(f"{where}/files/note{turn}.txt", two=True)
        if status != 200 or content != b"one more":
            raise RuntimeError(f"the other backend has another file: {status}")
        restoring.samples.append((time.perf_counter() - begun) * 1000)
        base = URL(person.one.base)
        url = f"http://any:{token}@127.0.0.1:{base.port}/git{where}.git"
        place = Path(tempfile.mkdtemp(dir=folder))
        begun = time.perf_counter()
        await git(place, "clone", "-q", url, "ours")
        cloning.samples.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        await git(place, "clone", "-q", "--no-local", "ours", "again")
        plain.samples.append((time.perf_counter() - begun) * 1000)
    names = ("save", "clone", "clone_by_git", "restore")
    return {f"{name}_{mebibytes}": each for name, each in zip(names, (saving, cloning, plain, restoring), strict=True)}


async def _token(server: PostgreSQL, account: str) -> str:
    database = Database(Site(database=Settings(url=server.url)), PASSWORD)
    try:
        act = Act("token made", account)
        made = await APITokens(database).make(account, "bench", [Scope.READ_WORKSPACES], 3600.0, act)
    finally:
        await database.close()
    if made is None:
        raise RuntimeError("there is no such account")
    return made


def put_into(results: dict[str, Any], found: dict[str, Figures]) -> None:
    """Write what was found into results that have the rest."""
    results["documents"] = {name: figures.as_json() for name, figures in found.items()}


def main() -> None:
    """Measure, and show or write what was found beside the rest that was written before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="multiply the counts of samples by this")
    parser.add_argument("--write", action="store_true", help="write them beside the rest of the results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sagews-documents-") as directory:
        found = measured(Path(directory), options.scale)
    results = json.loads(RESULTS.read_text())
    put_into(results, found)
    print(table(results))
    if options.write:
        keep(results)


if __name__ == "__main__":
    main()
