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
    directories.remove_now(str(directory))
    assert not directory.exists() and outside.read_text() == "kept"


def test_one_without_files_goes_at_once(tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    directories.make(str(directory))
    assert directories.remove(str(directory)) is None
    assert not directory.exists()


def test_what_is_left_in_one_goes_with_it(tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    directories.make(str(directory))
    (directory / directories.FILES / "left").write_text("behind")
    process = directories.remove(str(directory))
    assert process is not None
    os.waitpid(process, 0)
    assert not directory.exists()


def test_the_quick_way_follows_no_link_either(tmp_path: Path) -> None:
    outside, directory = tmp_path / "outside", tmp_path / "directory"
    directories.make(str(outside))
    directory.symlink_to(outside)
    process = directories.remove(str(directory))
    assert process is not None
    os.waitpid(process, 0)
    assert not directory.is_symlink() and (outside / directories.TEMPORARY).is_dir()
