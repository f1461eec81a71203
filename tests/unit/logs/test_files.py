"""Which files of a directory are logs, and which service's."""

import os
from pathlib import Path

import pytest

from sagews.logs.files import look, open_log, service_of


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("backend1.log", ("backend1", 0)),
        ("nginx-access.log.12", ("nginx-access", 12)),
        ("a.log.log", ("a.log", 0)),
        ("backend1.log.gz", None),
        (".hidden.log", None),
        ("notes.txt", None),
        ("x.log.99999", None),
    ],
)
def test_names(name: str, service: tuple[str, int] | None) -> None:
    assert service_of(name) == service


def test_only_files_are_seen_the_oldest_first(tmp_path: Path) -> None:
    for name in ("b.log", "b.log.1", "b.log.10", "a.log", "other"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "link.log").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.log")
    assert [file.name for file in look(tmp_path)] == ["a.log", "b.log.10", "b.log.1", "b.log"]
    with pytest.raises(OSError):
        open_log(tmp_path / "link.log")
    os.close(open_log(tmp_path / "pipe.log"))  # Does not wait for somebody to write.
