"""The address of the database, from the settings and a password of any characters."""

from pathlib import Path

import pytest

from sagews.config.database import Database
from sagews.config.site import Site
from sagews.database.address import database_url
from sagews.errors import ConfigurationError


def test_without_an_address_it_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    url = database_url(Site(data_directory=str(tmp_path)))
    assert (url.get_backend_name(), url.database) == ("sqlite", str(tmp_path / "sagews.sqlite"))


def test_the_password_is_put_in_whatever_it_holds() -> None:
    site = Site(database=Database(url="postgresql+asyncpg://reader@db.example.org:5433/math"))
    url = database_url(site, "p@ss:/word%")
    assert (url.username, url.password, url.host, url.port, url.database) == (
        "reader",
        "p@ss:/word%",
        "db.example.org",
        5433,
        "math",
    )
    assert "p@ss" not in str(url) and "p%40ss" not in str(url)


@pytest.mark.parametrize("text", ["nonsense", "postgresql+asyncpg://h:port/x"])
def test_what_is_no_address_is_told_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        database_url(Site(database=Database(url=text)))
    assert text not in str(refused.value)
