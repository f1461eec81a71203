"""The tokens of links: the newest is shown, all are admitted, and the file may change at any time."""

from pathlib import Path

import pytest

from sagews.errors import ConfigurationError
from sagews.service.link_token import LinkToken, read_tokens

NEW, OLD = b"n" * 43, b"o" * 43


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Replace a file whole, as rotation does."""
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    draft.chmod(mode)
    return draft.replace(path)


def test_the_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = write(tmp_path / "token", OLD + b"\n")
    token = LinkToken(path)
    assert token.newest() == OLD and token.admits(OLD) and not token.admits(NEW)
    write(path, NEW + b"\n\n" + OLD + b"\n")
    assert token.newest() == NEW and token.admits(OLD) and token.admits(NEW)
    write(path, NEW)
    assert token.admits(NEW) and not token.admits(OLD)


@pytest.mark.parametrize(("content", "mode"), [(b"", 0o600), (b"short", 0o600), (NEW, 0o644)])
def test_a_bad_file_leaves_the_last_good_one_in_force(tmp_path: Path, content: bytes, mode: int) -> None:
    path = write(tmp_path / "token", OLD)
    token = LinkToken(path)
    write(path, content, mode)
    assert token.newest() == OLD and not token.admits(content)
    path.unlink()
    assert token.admits(OLD)


@pytest.mark.parametrize(
    ("content", "mode", "what"),
    [
        (NEW, 0o640, r"can be read by others \(mode 0640\); chmod 600 it"),
        (NEW, 0o604, "can be read by others"),
        (b"", 0o600, "holds 0 tokens"),
        (b"\n".join([NEW] * 9), 0o600, "holds 9 tokens"),
        (b"x" * 31, 0o600, "no token of 32 to 256"),
        (b"x" * 257, 0o600, "no token of 32 to 256"),
        (b"x" * 20 + b" " + b"x" * 20, 0o600, "no token of 32 to 256"),
    ],
)
def test_what_is_no_file_of_tokens_is_said(tmp_path: Path, content: bytes, mode: int, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        read_tokens(write(tmp_path / "token", content, mode))


def test_a_link_to_a_file_is_none(tmp_path: Path) -> None:
    write(tmp_path / "real", NEW)
    (tmp_path / "token").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_tokens(tmp_path / "token")
    with pytest.raises(ConfigurationError, match="No such file"):
        read_tokens(tmp_path / "nothing")
