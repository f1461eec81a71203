"""Zip files of strangers: what may not be a workspace is refused by what the file says, before it is unpacked."""

import io
import os
import random
import struct
import tracemalloc
import zipfile

import pytest

from sagews.backend.workspaces import zips
from sagews.backend.workspaces.zips import Zip
from sagews.errors import WorkspaceError

BROKEN = 20_000 if os.environ.get("SAGEWS_PROVE") else 300


def packed(files: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> io.BytesIO:
    """Return a zip file of these files, in this order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in files.items():
            info = zipfile.ZipInfo(path)
            info.compress_type, info.external_attr = how, mode << 16
            archive.writestr(info, content)
    made.seek(0)
    return made


def unpacked(file: io.BytesIO) -> dict[str, bytes]:
    return {path: content for batch in Zip(file).batches() for path, content in batch.items()}


def refusal(file: io.BytesIO) -> str:
    with pytest.raises(WorkspaceError) as refused:
        unpacked(file)
    return str(refused.value)


def test_all_files_are_unpacked_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "BATCH", 10)
    files = {"a": b"x" * 6, "b/Ω.txt": b"y" * 6, "c": b"z" * 30, "d": b"", "e": b"1"}
    for how in zips.PACKED:
        assert unpacked(packed({"b/": b"", **files}, how=how)) == files
        assert [list(batch) for batch in Zip(packed(files, how=how)).batches()] == [
            ["a"],
            ["b/Ω.txt"],
            ["c"],
            ["d", "e"],
        ]


def test_a_zip_file_may_have_a_comment_and_something_before_it() -> None:
    made = io.BytesIO(b"#!/bin/sh\n" + packed({"a": b"1"}).getvalue())
    with zipfile.ZipFile(made, "a") as archive:
        archive.comment = b"of a commit"
    made.seek(0)
    assert unpacked(made) == {"a": b"1"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../a", ".. is no name"),
        ("a/../../b", ".. is no name"),
        ("/etc/passwd", "begins or ends with a slash"),
        ("C:\\a", "has a backslash"),
        (".git/hooks/post-checkout", "it is git's own"),
        ("a/.GIT/config", "it is git's own"),
        (".gitmodules", "git would look there"),
        ("a\nb", "has control characters"),
        ("x/" * 600 + "x", "more than 1000 bytes"),
    ],
)
def test_names_that_no_file_may_have(path: str, said: str) -> None:
    assert said in refusal(packed({"good": b"", path: b""}))


def test_a_name_that_is_cut_at_a_nul_is_seen_whole() -> None:
    whole = packed({"a_b": b""}).getvalue().replace(b"a_b", b"a\0b")
    assert "has control characters" in refusal(io.BytesIO(whole))


def test_folders_have_names_too() -> None:
    assert ".. is no name" in refusal(packed({"a": b"", "../b/": b""}))


def test_what_is_no_file_is_refused() -> None:
    assert "file a: is a symbolic link" in refusal(packed({"a": b"/etc/passwd"}, mode=0o120777))
    assert "file a: is no file" in refusal(packed({"a": b""}, mode=0o020666))
    assert "file a: is packed in a way that is not read" in refusal(packed({"a": b"1"}, how=zipfile.ZIP_LZMA))
    locked = bytearray(packed({"a": b"1"}).getvalue())
    locked[locked.index(b"PK\1\2") + 8] |= 1
    assert "file a: is encrypted" in refusal(io.BytesIO(bytes(locked)))
    assert "file a: is twice" in refusal(io.BytesIO(packed({"a": b"", "b": b""}).getvalue().replace(b"b", b"a")))
    assert "file a: would be a file and a folder" in refusal(packed({"a": b"", "a/b": b""}))
    for nothing in (packed({}), packed({"a/": b""})):
        assert "zip file: has no file in it" in refusal(nothing)
    for no_zip in (b"", b"PK", b"x" * 100_000):
        assert "zip file: cannot be read: File is not a zip file" in refusal(io.BytesIO(no_zip))


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MOST_UNPACKED", 1000)
    assert "would unpack to more than" in refusal(packed({"a": b"0" * 600, "b": b"0" * 600}))
    monkeypatch.setattr(zips.policy, "MOST_FILE", 500)
    assert "file a: has more than" in refusal(packed({"a": b"0" * 600}))
    monkeypatch.setattr(zips.policy, "MOST_FILES", 2)
    assert "would have more than 2 files" in refusal(packed(dict.fromkeys("abc", b"")))


def test_one_that_lies_of_its_sizes_takes_no_more_than_it_says() -> None:
    whole = packed({"a": b"0" * 50_000_000}).getvalue()
    lies = whole.replace(struct.pack("<L", 50_000_000), struct.pack("<L", 10))
    tracemalloc.start()
    said = refusal(io.BytesIO(lies))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "cannot be read: Bad CRC-32" in said and most < 10_000_000


def test_a_list_of_files_beyond_measure_is_not_read() -> None:
    whole = bytearray(packed({"a": b"1"}).getvalue() + b"\0" * 7_000_000)
    end = whole.rindex(b"PK\5\6")
    record = bytes(whole[end : end + 22])
    del whole[end : end + 22]
    whole += record[:12] + struct.pack("<L", len(whole)) + struct.pack("<L", 0) + record[20:]
    assert "list of files would have 7," in refusal(io.BytesIO(bytes(whole)))


def test_broken_ones_are_refused_in_words_or_unpacked() -> None:
    chance = random.Random(1)
    whole = packed({"a.txt": b"some text " * 50, "b/c": bytes(range(256)), "Ω": b""}).getvalue()
    kinds = set()
    for _ in range(BROKEN):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        if chance.random() < 0.2:
            del broken[chance.randrange(len(broken)) :]
        try:
            unpacked(io.BytesIO(bytes(broken)))
            kinds.add("unpacked")
        except WorkspaceError as error:
            kinds.add(error.noun.split()[0])
            assert str(error).isprintable() and error.hint
    assert kinds == {"unpacked", "zip", "file"}
