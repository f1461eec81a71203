"""Paths: what leads out of a session's directory is none, and every name can be shown and told."""

from urllib.parse import unquote_to_bytes

import pytest

from sagews.errors import ProtocolError
from sagews.protocol.paths import encoded, is_name, parts, shown, visible

ODD = [
    b"a b",
    b"caf\xc3\xa9.txt",
    b"\xff\xfe",
    b"new\nline",
    b"\x1b[31mred",
    b".git",
    b"...",
    b"-rf",
    b"a\\b",
    b"%2e%2e",
    b"CON:",
    b"\xe2\x80\xaetxt.exe",
    b"x" * 255,
]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_names(name: bytes) -> None:
    assert is_name(name)
    assert parts(b"data/" + name) == [b"data", name]
    assert unquote_to_bytes(encoded(name)) == name
    assert shown(name).isprintable()


def test_no_path_is_the_directory_itself() -> None:
    assert parts(b"") == []


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (b"/etc/passwd", "absolute"),
        (b"..", ".."),
        (b"a/../../b", ".."),
        (b"./a", "."),
        (b"a//b", "empty"),
        (b"a/", "empty"),
        (b"a\0b", "NUL"),
        (b"x" * 256, "255 bytes"),
        (b"x/" * 3000, "4,096 bytes"),
    ],
)
def test_what_is_no_path_says_why(path: bytes, what: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parts(path)
    assert what in refused.value.what and refused.value.hint
    assert len(str(refused.value)) < 400 and str(refused.value).isprintable()


@pytest.mark.parametrize("name", [b"", b".", b"..", b"a/b", b"a\0", b"x" * 256])
def test_what_no_directory_holds_is_no_name(name: bytes) -> None:
    assert not is_name(name)


def test_what_cannot_be_seen_is_shown_by_its_escape() -> None:
    assert shown(b"a\nb\xff\xe2\x80\xaec\0") == r"a\nb\xff\u202ec\x00"
    assert shown("naïve/файл".encode()) == "naïve/файл"
    assert visible("x" * 1000, 10) == "x" * 10
    assert visible("\n" * 1000, 10) == r"\n\n\n\n\…"
