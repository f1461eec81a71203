"""The head of a bundle: what it needs that it has not, and what a workspace takes of it."""

import io
import subprocess
from pathlib import Path

import pytest

from sagews.backend.workspaces import listing, making
from sagews.backend.workspaces.bundles import read_head, wanted
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.errors import WorkspaceError

A, B = "a" * 40, "b" * 40
V2, V3 = b"# v2 git bundle\n", b"# v3 git bundle\n"


def line(oid: str, name: str) -> bytes:
    return f"{oid} {name}\n".encode()


def test_refs_and_where_the_pack_begins() -> None:
    file = io.BytesIO(V2 + line(A, "refs/heads/main") + line(B, "refs/tags/Ω") + line(A, "HEAD") + b"\nPACK")
    head = read_head(file)
    assert head.refs == {"refs/heads/main": A, "refs/tags/Ω": B, "HEAD": A}
    assert file.read() == b"PACK" and file.getvalue()[head.size :] == b"PACK"
    assert read_head(io.BytesIO(V3 + b"@object-format=sha1\n" + line(A, "HEAD") + b"\n")).refs == {"HEAD": A}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a git bundle"),
        (b"PACK", "is not a git bundle"),
        (b"# v4 git bundle\n\n", "is not a git bundle"),
        (V2, "ends before its pack"),
        (V2 + line(A, "refs/heads/main"), "ends before its pack"),
        (V2 + b"x" * 100_000, "ends before its pack, or has a line that is too long"),
        (V2 + b"-" + line(A, "begin") + b"\n", "needs commits that it has not"),
        (V3 + b"@filter=blob:none\n\n", "leaves objects out"),
        (V3 + b"@object-format=sha256\n\n", "names them in another way"),
        (V2 + line("a" * 39, "HEAD") + b"\n", "has a ref that cannot be"),
        (V2 + line(A, "refs/heads/../../x") + b"\n", "has a ref that cannot be"),
        (V2 + line(A, "main") + b"\n", "has a ref that cannot be"),
        (V2 + line(A, "refs/heads/a\x1bb") + b"\n", "has a ref that cannot be: 'refs/heads/a\\x1bb'"),
        (V2 + b"".join(line(A, f"refs/heads/{n}") for n in range(1001)) + b"\n", "has more than 1000 refs"),
    ],
)
def test_what_is_no_bundle_of_a_whole_history(content: bytes, said: str) -> None:
    with pytest.raises(WorkspaceError) as refused:
        read_head(io.BytesIO(content))
    assert said in str(refused.value) and str(refused.value).isprintable()


def test_which_branch_is_the_main_one() -> None:
    main, other, tag = "refs/heads/main", "refs/heads/other", "refs/tags/t"
    assert wanted({main: A, "HEAD": B, tag: B, "refs/notes/x": B}) == {main: A, tag: B}
    assert wanted({other: A, "HEAD": B}) == {other: A, main: B}
    assert wanted({other: A, "refs/heads/master": B}) == {other: A, "refs/heads/master": B, main: B}
    assert wanted({other: A}) == {other: A, main: A}
    for refs in ({other: A, "refs/heads/third": A}, {tag: A}, {}):
        with pytest.raises(WorkspaceError, match="does not say which branch is the main one"):
            wanted(refs)
    with pytest.raises(WorkspaceError, match="has a ref refs/heads/main beside one under it"):
        wanted({"refs/heads/main/x": A})


def bundle(folder: Path, commits: int, tags: int) -> Path:
    """Return a bundle of branches, each of a commit of its own, and tags of one of them."""
    stream = ""
    for number in range(commits):
        stream += f"commit refs/heads/{number or 'main'}\ncommitter a <a> {number} +0000\ndata 0\n"
        stream += f"M 100644 inline f{number}\ndata 1\nx\n\n"
    stream += "".join(f"reset refs/tags/t{number}\nfrom refs/heads/main\n\n" for number in range(tags))
    for words, given in (("init -q", ""), ("fast-import --quiet", stream), ("bundle create -q ../bundle --all", "")):
        (folder / "made").mkdir(exist_ok=True)
        subprocess.run(["git", *words.split()], cwd=folder / "made", input=given.encode(), check=True)
    return folder / "bundle"


async def test_tags_of_one_commit_cost_no_more_than_one(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The list of a commit has some 60 bytes: there is room for one in each, and for two in all.
    monkeypatch.setattr(listing, "MOST", 80)
    shelf = Shelf(Site(data_directory=str(tmp_path / "data")), sqlite)
    assert await shelf.making.of_bundle(bundle(tmp_path, 1, 30), "many tags", "a")


async def test_what_is_listed_of_all_branches_is_bounded(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST", 80)
    shelf = Shelf(Site(data_directory=str(tmp_path / "data")), sqlite)
    file = bundle(tmp_path, 4, 0)
    with pytest.raises(WorkspaceError, match="git ls-tree gave more than"):
        await shelf.making.of_bundle(file, "many branches", "a")
    monkeypatch.setattr(making, "CHECKING", 0.0)
    with pytest.raises(WorkspaceError, match="history: takes too long to be checked"):
        await shelf.making.of_bundle(file, "many branches", "a")
