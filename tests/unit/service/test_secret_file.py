"""Secrets are read by their owner, and by services to which root has given them."""

import os
from pathlib import Path

import pytest

from sagews.errors import ConfigurationError
from sagews.service import secret_file
from sagews.service.secret_file import make_secret, read_secret

ROOT = os.getuid() == 0
GROUP = 31235


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Give a file with a secret."""
    path = tmp_path / "secret"
    make_secret(path, lambda: "word")
    return path


def test_a_secret_of_this_user_alone_is_read(secret: Path) -> None:
    assert read_secret(secret, 100, "") == b"word\n"
    for mode in (0o640, 0o604, 0o620):
        secret.chmod(mode)
        with pytest.raises(ConfigurationError, match="can be read by others"):
            read_secret(secret, 100, "")


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_root_may_let_a_group_of_services_read_a_secret(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(secret, 0, GROUP)
    secret.chmod(0o640)
    with pytest.raises(ConfigurationError, match="can be read by others"):
        read_secret(secret, 100, "")
    known = type("Group", (), {"gr_name": "sagews"})
    monkeypatch.setattr(secret_file.grp, "getgrgid", lambda number: {GROUP: known}[number])
    assert read_secret(secret, 100, "") == b"word\n"
    for mode in (0o644, 0o660):
        secret.chmod(mode)
        with pytest.raises(ConfigurationError, match="can be read by others"):
            read_secret(secret, 100, "")
    os.chown(secret, 31234, GROUP)
    secret.chmod(0o640)
    with pytest.raises(ConfigurationError, match="is not a file of this user"):
        read_secret(secret, 100, "")


@pytest.mark.skipif(not ROOT, reason="only root reads what others have")
def test_root_reads_what_a_service_keeps_in_its_own_directory(secret: Path) -> None:
    os.chown(secret, 31234, 31234)
    with pytest.raises(ConfigurationError, match="is not a file of this user"):
        read_secret(secret, 100, "")
    os.chown(secret.parent, 31234, 31234)
    secret.parent.chmod(0o700)
    assert read_secret(secret, 100, "") == b"word\n"
    secret.parent.chmod(0o770)
    with pytest.raises(ConfigurationError, match="is not a file of this user"):
        read_secret(secret, 100, "")
