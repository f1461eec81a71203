"""Archives: all files are in them, as they are, whatever a workspace says; and nothing is on the disk afterwards."""

import io
import zipfile
from pathlib import Path

import pytest

from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.errors import WorkspaceError

EMMY = Author("Emmy", "a")


@pytest.fixture
def shelf(sqlite: Database, tmp_path: Path) -> Shelf:
    return Shelf(Site(data_directory=str(tmp_path)), sqlite)


async def test_a_zip_file_has_all_files_as_they_are(shelf: Shelf, tmp_path: Path) -> None:
    files = {
        ".gitattributes": b"* export-ignore\nsubst export-subst\n*.txt text eol=crlf ident\n",
        "subst": b"$Format:%H$",
    }
    files |= {"Ω/a.txt": b"1\n2 $Id$\n", "empty": b"", "hidden/x": b"x"}
    first = await shelf.store.save("w", dict(files), base=None, author=EMMY)
    await shelf.store.save("w", {"Ω/a.txt": None}, base=first.commit, author=EMMY)
    async with shelf.archives.zip("w", first.commit) as file:
        content = file.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {each.filename: archive.read(each) for each in archive.infolist() if not each.is_dir()}
    assert found == files
    async with shelf.archives.zip("w") as file, shelf.archives.bundle("w") as bundle:
        assert "Ω/a.txt" not in zipfile.ZipFile(file).namelist() and bundle.stat().st_size > 100
    (copies,) = (each for each in (tmp_path / "workspaces").iterdir() if each.is_dir())
    assert [each.name for each in copies.iterdir()] == ["w"]
    # A zip file of ours is one that we take.
    made = await shelf.making.of_zip(io.BytesIO(content), "again", "a", EMMY)
    assert {path: await shelf.store.read(made, path) for path in await shelf.store.files(made)} == files


async def test_of_nothing_there_is_none(shelf: Shelf) -> None:
    for archive in (shelf.archives.zip("w"), shelf.archives.bundle("w")):
        with pytest.raises(WorkspaceError, match="has nothing in it yet"):
            async with archive:
                pass
    await shelf.store.save("w", {"a": b""}, base=None, author=EMMY)
    for version in ("0" * 40, "HEAD", "--output=/tmp/x"):
        with pytest.raises(WorkspaceError, match="has not the version"):
            async with shelf.archives.zip("w", version):
                pass
