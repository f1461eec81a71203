"""Lists of files as git gives them, of trees that nobody here would make."""

import subprocess
from pathlib import Path

import pytest

from sagews.backend.workspaces import policy
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.listing import WORDS, check_files, files_of
from sagews.errors import WorkspaceError


def tree(repository: Path, *entries: tuple[str, str, bytes]) -> str:
    """Make a tree with these entries, as whoever pushes may: mode, kind and name; return its id."""
    if not repository.exists():
        subprocess.run(["git", "init", "--bare", "--quiet", repository], timeout=20, check=True)
    oids = {"blob": _run(repository, "hash-object", "-w", "--stdin", given=b"/etc/passwd"), "commit": "1" * 40}
    lines = [f"{mode} {kind} {oids[kind]}\t".encode() + name + b"\0" for mode, kind, name in entries]
    return _run(repository, "mktree", "--missing", "-z", given=b"".join(lines))


def _run(repository: Path, *words: str, given: bytes = b"") -> str:
    done = subprocess.run(["git", f"--git-dir={repository}", *words], input=given, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


async def listed(repository: Path, oid: str) -> bytes:
    return await Git().run(repository, *WORDS, oid)


async def test_files_have_their_mode_and_size(tmp_path: Path) -> None:
    repository = tmp_path / "r"
    made = tree(repository, ("100644", "blob", b"a \xce\xb1"), ("100755", "blob", b"run"))
    files = check_files(await listed(repository, made))
    assert {path: (file.mode, file.size) for path, file in files.items()} == {
        "a \u03b1": ("100644", 11),
        "run": ("100755", 11),
    }


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (("120000", "blob", b"link"), "file link: is a symbolic link"),
        (("160000", "commit", b"module"), "file module: is a submodule"),
        (("100644", "blob", b".git"), "it is git's own"),
        (("100644", "blob", b".Git"), "it is git's own"),
        (("100644", "blob", b"git~1"), "it is git's own"),
        (("100644", "blob", b".g\xe2\x80\x8cit"), "it is git's own"),
        (("100644", "blob", b".gitmodules"), "git would look there for other repositories"),
        (("100644", "blob", b".."), r"\.\. is no name"),
        (("100644", "blob", b"\xff"), "it is not Unicode text"),
        (("100644", "blob", b"A"), "differ only in case"),
        (("100644", "blob", b"a\\b"), "it has a backslash"),
    ],
)
async def test_what_a_workspace_may_not_have_is_refused_by_name(
    tmp_path: Path, entry: tuple[str, str, bytes], why: str
) -> None:
    repository = tmp_path / "r"
    with pytest.raises(WorkspaceError, match=why):
        check_files(await listed(repository, tree(repository, ("100644", "blob", b"a"), entry)))


def test_what_is_too_large_or_there_twice_is_refused() -> None:
    def line(path: str, size: int) -> bytes:
        return f"100644 blob {'0' * 40} {size:>7}\t{path}\0".encode()

    assert files_of(line("a", 1) + line("b", 2)).keys() == {"a", "b"}
    check_files(line("a", policy.MOST_FILE))
    with pytest.raises(WorkspaceError, match="file a: has more than 64 MiB"):
        check_files(line("a", policy.MOST_FILE + 1))
    with pytest.raises(WorkspaceError, match="file a: is there twice"):
        check_files(line("a", 1) + line("a", 1))
