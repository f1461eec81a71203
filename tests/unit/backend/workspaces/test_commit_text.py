"""What the object of a commit says, whoever wrote it."""

import pytest

from sagews.backend.workspaces.commit_text import BEGINNING, MOST_PARENTS, Commit, read_commit

TREE = b"tree " + b"4" * 40 + b"\n"


def said(author: bytes = b"Emmy <emmy@example.org> 12 +0100", more: bytes = b"", message: bytes = b"a\n\nb\n") -> bytes:
    return TREE + b"author " + author + b"\ncommitter x <y> 99 +0000\n" + more + b"\n" + message


def test_all_of_it() -> None:
    parents = b"parent " + b"1" * 40 + b"\nparent " + b"2" * 40 + b"\n"
    object_ = TREE + parents + said().removeprefix(TREE)
    commit = Commit("f", ("1" * 40, "2" * 40), "Emmy", "emmy@example.org", 12.0, "a\n\nb")
    assert read_commit("f", object_) == commit
    # What stands in the message is no head.
    assert read_commit("f", said(message=b"author Emil <emil> 1 +0000\n")).author == "Emmy"
    assert read_commit("f", TREE + b"\nparent " + b"1" * 40).parents == ()


@pytest.mark.parametrize(
    ("author", "name", "email", "time"),
    [
        (b"Emmy <> 5 +0000", "Emmy", "", 5.0),
        (b"<emmy> 5 +0000", "", "emmy", 5.0),
        (b"Emmy", "Emmy", "", 0.0),
        (b"", "", "", 0.0),
        (b"Emmy <a> <b> 7 +0000", "Emmy", "a", 7.0),
        (b"Emmy <a> -7 +0000", "Emmy", "a", 0.0),
        (b"Emmy <a> 99999999999999999999 +0000", "Emmy", "a", 0.0),
        (b"Em\0my <a\xff> 5 +0000", "Em", "a\ufffd", 5.0),
        (b"E" * 300 + b" <" + b"a" * 300 + b"> 5 +0000", "E" * 200 + "…", "a" * 200 + "…", 5.0),
    ],
)
def test_authors(author: bytes, name: str, email: str, time: float) -> None:
    commit = read_commit("f", said(author))
    assert (commit.author, commit.email, commit.time) == (name, email, time)


@pytest.mark.parametrize(
    ("encoding", "message", "text"),
    [
        (b"", "λ".encode(), "λ"),
        (b"", b"\xe9", "\ufffd"),
        (b"ISO-8859-1", b"\xe9", "é"),
        (b"windows-1252", b"\x80", "€"),
        (b"Shift_JIS", "数学".encode("shift_jis"), "数学"),
        # Whatever else Python knows.
        (b"punycode", b"abc", "abc"),
        (b"unicode_escape", b"\\x41", "\\x41"),
        (b"zip", b"abc", "abc"),
        (b"\xff", b"abc", "abc"),
    ],
)
def test_encodings(encoding: bytes, message: bytes, text: str) -> None:
    more = b"encoding " + encoding + b"\n" if encoding else b""
    assert read_commit("f", said(more=more, message=message)).message == text


def test_much_is_cut() -> None:
    assert read_commit("f", said(message=b"x" * 10_000)).message == "x" * 10_000
    assert read_commit("f", said(message=b"x" * 10_001)).message == "x" * 10_000 + "…"
    whole = said(message="λ".encode() * BEGINNING)
    assert read_commit("f", whole[:BEGINNING]).message == "λ" * 10_000 + "…"
    # Before the message comes as much as may be read: that there is one is said.
    crowd = TREE + b"".join(b"parent %040d\n" % number for number in range(9000))
    commit = read_commit("f", crowd[:BEGINNING])
    assert (len(commit.parents), commit.author, commit.message) == (MOST_PARENTS, "", "…")
    assert read_commit("f", said(message=b"a\0b")).message == "a"
