"""The access token: made once, private, and refused when somebody else may know it."""

from pathlib import Path

import pytest

from sagews.errors import ConfigurationError
from sagews.service.access_token import FILE_NAME, access_token


def test_it_is_made_once_and_private(tmp_path: Path) -> None:
    token = access_token(tmp_path)
    assert len(token) >= 43
    assert access_token(tmp_path) == token
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_new_one_follows_a_file_that_was_removed(tmp_path: Path) -> None:
    token = access_token(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    assert access_token(tmp_path) != token


def test_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    access_token(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(ConfigurationError, match="0644"):
        access_token(tmp_path)


def test_what_somebody_else_put_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("short")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="holds no token"):
        access_token(tmp_path)
    path.write_text("ä" * 43)
    with pytest.raises(ConfigurationError, match="holds no token"):
        access_token(tmp_path)
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        access_token(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigurationError, match="not a file"):
        access_token(tmp_path)


def test_a_directory_that_cannot_be_written_is_said() -> None:
    with pytest.raises(ConfigurationError, match="--data"):
        access_token(Path("/proc/self"))
