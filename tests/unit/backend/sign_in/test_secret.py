"""The secret that a provider has given: from a file that others cannot read, and read again when it changes."""

from pathlib import Path

import pytest

from sagews.backend.sign_in.secret import needed_secret_of, secret_of
from sagews.config.provider import Provider
from sagews.errors import ConfigurationError


def provider(file: Path | None) -> Provider:
    return Provider(name="a", client_id="c", client_secret_file=str(file or ""))


def secret_file(folder: Path, content: str, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_text(content)
    path.chmod(mode)
    return path


def test_it_is_read_and_read_again(tmp_path: Path) -> None:
    path = secret_file(tmp_path, "s3cr:et%\n")
    secret = needed_secret_of(provider(path))
    assert secret.get() == "s3cr:et%"
    path.unlink()
    secret_file(tmp_path, "another")
    assert secret.get() == "another"


@pytest.mark.parametrize("content", ["", "\n", "two\nlines", "x" * 1025, "é"])
def test_what_is_no_secret_is_refused_and_not_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigurationError, match="holds no secret") as error:
        secret_of(provider(secret_file(tmp_path, content)))
    assert not content.strip() or content.strip() not in str(error.value)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="0644"):
        secret_of(provider(secret_file(tmp_path, "secret", 0o644)))


def test_some_can_do_without(tmp_path: Path) -> None:
    assert secret_of(provider(None)) is None
    with pytest.raises(ConfigurationError, match="client_secret_file"):
        needed_secret_of(provider(None))
