"""Directories of sessions without a sandbox: named after their owner, removed with all that is in them."""

import os
import subprocess
from pathlib import Path

from sagews.session import directories


def dead_process() -> int:
    with subprocess.Popen(["true"]) as process:
        pass
    return process.pid


def test_what_a_dead_owner_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    left = tmp_path / directories.name(dead_process())
    (left / "files").mkdir(parents=True)
    (left / "files" / "locked").mkdir(mode=0)
    kept = tmp_path / directories.name(os.getpid())
    kept.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / directories.name(dead_process())
    link.symlink_to(elsewhere)
    other = tmp_path / "sagews-1000"
    other.mkdir()
    directories.sweep(str(tmp_path))
    assert not left.exists()
    assert kept.is_dir() and elsewhere.is_dir() and link.is_symlink() and other.is_dir()


def test_no_link_is_followed(tmp_path: Path) -> None:
    directory, outside = tmp_path / "directory", tmp_path / "outside"
    directory.mkdir()
    outside.write_text("kept")
    (directory / "link").symlink_to(tmp_path)
    os.waitpid(directories.remove(str(directory)), 0)
    assert not directory.exists() and outside.read_text() == "kept"
