"""Names of refs: those that git allows, as git itself says."""

import subprocess

import pytest

from sagews.database.refs import allowed, within

GOOD = [
    "main",
    "v1.0",
    "feature/a.b",
    "\u03a3\u222b",
    "@",
    "a@b",
    "-x",
    "x" * 250,
    "a.locked",
    "fix#1",
    "{}",
    "a'b\"$(x)",
]
BAD = ["", "/a", "a/", "a//b", ".a", "a/.b", "a..b", "a.", "a.lock", "a.lock/b", "a@{b", "a b", "a~", "a^", "a:b"]
BAD += ["a?", "a*", "a[", "a\\b", "a\nb", "a\tb", "\x7f"]
REFUSED_HERE = ["x" * 251, "a/" * 500 + "b", "a\x85b"]


def git_allows(name: str) -> bool:
    return subprocess.run(["git", "check-ref-format", name], timeout=20, check=False).returncode == 0


@pytest.mark.parametrize("name", [f"refs/heads/{each}" for each in GOOD] + ["refs/notes/x", "refs/a/b"])
def test_what_git_allows_is_allowed(name: str) -> None:
    assert git_allows(name) and allowed(name)


@pytest.mark.parametrize("name", [f"refs/heads/{each}" for each in BAD] + ["HEAD", "@"])
def test_what_git_refuses_is_refused(name: str) -> None:
    assert not git_allows(name) and not allowed(name)


def test_what_no_page_or_disk_takes_is_refused_too() -> None:
    assert not any(allowed(f"refs/heads/{each}") for each in REFUSED_HERE)
    for name in ("refs/stash", "heads/main", "refs/heads/\ud800", "refs/heads/a\0b", "../refs/heads/a"):
        assert not allowed(name)


def test_no_name_is_beside_one_under_it() -> None:
    assert within(["refs/heads/a", "refs/heads/a-b", "refs/heads/ab/c", "refs/tags/a/b"]) == ""
    assert within(["refs/heads/a/b/c", "refs/heads/a", "refs/heads/b"]) == "refs/heads/a"
    assert within([]) == ""
