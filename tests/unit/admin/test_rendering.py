"""What is generated for a site's services, shown and written."""

from pathlib import Path

import pytest

from sagews.admin.rendering import render
from sagews.errors import ConfigurationError

EXAMPLES = Path(__file__).parents[3] / "examples"


def shown(*names: str, output: Path | None = None) -> str:
    said: list[str] = []
    render(EXAMPLES / "one-machine.toml", names, output, said.append)
    return "\n".join(said)


def test_all_or_some_of_it_is_shown() -> None:
    whole = shown()
    assert "haproxy1 of front: /var/lib/sagews/config/haproxy1.cfg" in whole and "pg_hba.conf" in whole
    assert "pg_hba.conf" not in shown("haproxy")
    assert "server backend2 127.0.0.1:8081" in shown("haproxy1")


def test_it_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    said = shown(output=tmp_path)
    file = tmp_path / "front" / "var/lib/sagews/config/postgresql.conf"
    assert str(file) in said and "max_connections = 36" in file.read_text()


def test_a_service_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigurationError, match="stunnel: is no service of the site"):
        shown("stunnel")
