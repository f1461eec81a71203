"""The directories of a site, and what is said of one that is of no use."""

from pathlib import Path

import pytest

from sagews.admin.directories import LONGEST_RUNTIME_DIRECTORY, make_data_directory, runtime_directory
from sagews.errors import ConfigurationError


def test_the_data_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "a" / "b"
    make_data_directory(data)
    make_data_directory(data)
    assert data.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in data.iterdir()] == ["logs"]


def test_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigurationError, match="is not a directory; choose another with --data"):
        make_data_directory(tmp_path / "data")
    with pytest.raises(ConfigurationError, match=r"cannot be written \(Not a directory\)"):
        make_data_directory(tmp_path / "data" / "below")


def test_a_directory_that_cannot_be_written_is_said() -> None:
    with pytest.raises(ConfigurationError, match="/proc/self/task: cannot be written"):
        make_data_directory(Path("/proc/self/task"))


def test_the_runtime_directory_is_private_short_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for base in (tmp_path / ("x" * 100), tmp_path / "missing", tmp_path):
        if "missing" not in base.name:
            base.mkdir(exist_ok=True)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(base))
        with runtime_directory() as directory:
            assert directory.stat().st_mode & 0o777 == 0o700
            assert len(str(directory)) <= LONGEST_RUNTIME_DIRECTORY
            (directory / "w1.sock").write_text("")
        assert not directory.exists()
