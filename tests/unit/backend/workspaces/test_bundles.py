"""The head of a bundle: what it needs that it has not, and what a workspace takes of it."""

import io

import pytest

from sagews.backend.workspaces.bundles import read_head, wanted
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
