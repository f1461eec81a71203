"""Directories of backends: one has one, and of one that was killed the next has it."""

import subprocess
import sys
from pathlib import Path

import pytest

from sagews.backend.workspaces.directory import own_directory
from sagews.errors import ServiceError

HOLDING = """
import sys
from pathlib import Path
from sagews.backend.workspaces.directory import own_directory
own = own_directory(Path(sys.argv[1]), "backend1")
(own / "left").mkdir(parents=True)
print(own.name, flush=True)
sys.stdin.read()
"""


def test_of_two_backends_of_one_name_each_has_its_own_and_a_dead_one_has_none(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDING, str(tmp_path / "workspaces")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"backend1.1\n"
        assert own_directory(tmp_path / "workspaces", "backend1").name == "backend1.2"
        assert (tmp_path / "workspaces" / "backend1.1" / "left").exists()
        assert own_directory(tmp_path / "workspaces", "backend2").name == "backend2.1"
        other.kill()
        other.wait(20)
    (tmp_path / "workspaces" / "backend1.7").mkdir()
    assert own_directory(tmp_path / "workspaces", "backend1") == tmp_path / "workspaces" / "backend1.1"
    assert own_directory(tmp_path / "workspaces", "backend1").name == "backend1.3"
    # What the dead left is gone.
    assert not [each for each in (tmp_path / "workspaces").iterdir() if each.is_dir()]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServiceError, match=r"copies of workspaces in .*/file: cannot be written"):
        own_directory(tmp_path / "file", "backend1")


def test_a_place_that_is_not_there_is_made_for_this_user_alone(tmp_path: Path) -> None:
    own = own_directory(tmp_path / "data" / "backend" / "workspaces", "backend1")
    for folder in (own.parent, own.parent.parent, own.parent.parent.parent):
        assert folder.stat().st_mode & 0o777 == 0o700
    # One that others could read is theirs no more.
    (tmp_path / "open").mkdir(mode=0o755)
    own_directory(tmp_path / "open", "backend1")
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o700
