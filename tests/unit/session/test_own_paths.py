"""Which paths are a session's own."""

import os
import sys
from pathlib import Path

import numpy
import pytest

import sagews
from sagews.session.own_paths import OwnPaths, of_environment, of_session


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return tmp_path / "home"


def test_what_is_below_a_root_and_nothing_beside_it(home: Path) -> None:
    own = OwnPaths(of_session())
    for path in ("a", "./b/../c", ".", str(home), f"{home}/a", f"{home.parent}/temporary/x", "/dev/null"):
        assert own.holds(path), path
    for path in ("..", "../homely", f"{home}ly/a", f"{home}/../x", "/", "/etc/passwd", "/dev/random"):
        assert not own.holds(path), path


def test_the_environment_is_the_interpreter_and_its_packages(home: Path) -> None:
    own = OwnPaths(of_environment())
    for path in (os.__file__, numpy.__file__, sagews.__file__, sys.executable):
        assert path is not None and own.holds(path), path
    for path in ("/usr/share/dict/words", "/etc/localtime", str(home), "/usr", "/opt/other"):
        assert not own.holds(path), path


def test_a_package_directory_that_is_a_link_is_one_under_both_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.setattr(sys, "path", [*sys.path, f"{tmp_path}/link"])
    own = OwnPaths(of_environment())
    assert own.holds(f"{tmp_path}/real/a") and own.holds(f"{tmp_path}/link/a") and not own.holds(f"{tmp_path}/a")


def test_those_of_a_session_come_to_those_of_its_environment(tmp_path: Path) -> None:
    environment = OwnPaths(["/opt/python"])
    own = environment.with_more([str(tmp_path)])
    assert own.holds("/opt/python/a") and own.holds(f"{tmp_path}/a") and not own.holds("/opt/a")
    assert not environment.holds(f"{tmp_path}/a")


def test_a_directory_that_is_gone_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    own = OwnPaths([str(tmp_path)])
    (tmp_path / "gone").rmdir()
    assert not own.holds("a")
