"""The access token and its file."""

import os
from pathlib import Path

import pytest

from sagews.backend.access import Access, read_token
from sagews.errors import ConfigurationError


def test_a_token_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "access-token"
    token = read_token(path)
    assert len(token) == 43
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_token(path) == token
    assert os.listdir(path.parent) == [path.name]
    assert read_token(tmp_path / "other" / "access-token") != token


@pytest.mark.parametrize("content", ["", "short", "a b" * 20, "ä" * 43, "x" * 10_000])
def test_a_file_that_holds_no_token(tmp_path: Path, content: str) -> None:
    path = tmp_path / "access-token"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="holds no access token"):
        read_token(path)


def test_a_file_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "access-token"
    path.write_text("x" * 43)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="other users"):
        read_token(path)


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="data_directory"):
        read_token(tmp_path / "file" / "access-token")


def test_what_admits() -> None:
    access = Access("t" * 43, 8080)
    cookie = access.cookie_value
    assert access.cookie_name == "sagews-access-8080"
    assert "t" * 43 not in cookie
    assert access.opens("t" * 43) and not access.opens("t" * 42) and not access.opens("\ud800ä")
    assert access.admits(cookie=cookie, authorization=None)
    assert access.admits(cookie=None, authorization="Bearer " + "t" * 43)
    assert access.admits(cookie=None, authorization="token  " + "t" * 43)
    # A wrong header is not saved by a cookie: whoever sends one means it.
    assert not access.admits(cookie=cookie, authorization="Bearer wrong")
    assert access.admits(cookie=cookie, authorization="Basic eDp5")
    assert not access.admits(cookie="t" * 43, authorization=None)
    assert not access.admits(cookie="", authorization="")
    assert not access.admits(cookie=None, authorization=None)
