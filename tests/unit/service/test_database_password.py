"""The password of the database comes from a file that nobody else can read, or from the environment."""

from pathlib import Path

import pytest

from sagews.config.database import Database
from sagews.config.site import Site
from sagews.errors import ConfigurationError
from sagews.service.database_password import VARIABLE, database_password


def test_there_may_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert database_password(Site()) == ""


def test_the_environment_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "from outside")
    assert database_password(Site()) == "from outside"


def test_a_file_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "from outside")
    file = tmp_path / "password"
    file.write_text(" p@ss wörd \n")
    file.chmod(0o600)
    assert database_password(Site(database=Database(password_file=str(file)))) == " p@ss wörd "


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret")
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="can be read by others") as refused:
        database_password(Site(database=Database(password_file=str(file))))
    assert "secret" not in str(refused.value)
