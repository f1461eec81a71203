"""Each machine gets what its own services need of certificates and passwords, and nothing else."""

from pathlib import Path

import pytest

from sagews.admin import database_passwords, machine_certificates
from sagews.admin.installing.belongings import belongings
from sagews.config.load import parse
from sagews.config.placement import machine
from sagews.config.site import Site
from sagews.errors import ConfigurationError

SITE = """
[[machine]]
name = "front"
address = "10.0.0.1"
services = { backend = 1, haproxy = 1, memcached = 1 }
[[machine]]
name = "store"
address = "10.0.0.2"
ssh = "store"
data_directory = "/srv/store"
services = { postgresql = 1, memcached = 1 }
[[machine]]
name = "left"
address = "10.0.0.3"
ssh = "left"
data_directory = "/srv/left"
services = { worker = 1 }
[[machine]]
name = "right"
address = "10.0.0.4"
ssh = "right"
data_directory = "/srv/right"
services = { backend = 1 }
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return parse(f'data_directory = "{tmp_path}"\n{SITE}', "sagews.toml")


def make(site: Site, *, renew: bool = False) -> None:
    machine_certificates.make(site, lambda _: None, renew=False, renew_token=False)
    database_passwords.make(site, lambda _: None, renew=renew)


def brought(site: Site, name: str) -> dict[str, str]:
    return {file.path: file.text for file in belongings(site, machine(site, name))}


def test_each_machine_gets_its_own(site: Site) -> None:
    with pytest.raises(ConfigurationError, match="sagews admin certificates"):
        brought(site, "store")
    make(site)
    assert sorted(brought(site, "store")) == [
        "/srv/store/certificates/authority.pem",
        "/srv/store/certificates/memcached-key.pem",
        "/srv/store/certificates/memcached.pem",
        "/srv/store/certificates/postgresql-key.pem",
        "/srv/store/certificates/postgresql.pem",
        "/srv/store/secrets/sagews_backend.sql",
        "/srv/store/secrets/sagews_logwatch.sql",
    ]
    assert sorted(brought(site, "left")) == [
        "/srv/left/certificates/authority.pem",
        "/srv/left/certificates/token",
        "/srv/left/certificates/worker-key.pem",
        "/srv/left/certificates/worker.pem",
        "/srv/left/secrets/sagews_logwatch.password",
    ]
    assert sorted(brought(site, "right")) == [
        "/srv/right/certificates/authority.pem",
        "/srv/right/certificates/backend-key.pem",
        "/srv/right/certificates/backend.pem",
        "/srv/right/certificates/token",
        "/srv/right/secrets/sagews_backend.password",
        "/srv/right/secrets/sagews_logwatch.password",
        "/srv/right/ticket-keys",
    ]
    for name in ("store", "left", "right"):
        assert all(
            file.mode == (0o644 if file.path.endswith(".pem") and "-key" not in file.path else 0o600)
            for file in belongings(site, machine(site, name))
        )


def test_passwords_are_made_once_and_new_ones_when_they_are_wanted(site: Site) -> None:
    make(site)
    before = brought(site, "store") | brought(site, "right")
    make(site)
    assert brought(site, "store") | brought(site, "right") == before
    make(site, renew=True)
    after = brought(site, "store") | brought(site, "right")
    assert {path for path in before if after[path] != before[path]} == {
        "/srv/store/secrets/sagews_backend.sql",
        "/srv/store/secrets/sagews_logwatch.sql",
        "/srv/right/secrets/sagews_backend.password",
        "/srv/right/secrets/sagews_logwatch.password",
    }


def test_a_verifier_that_is_not_of_the_password_is_made_anew(site: Site, tmp_path: Path) -> None:
    make(site)
    known = tmp_path / "secrets" / "sagews_backend.sql"
    before = known.read_text()
    known.write_text(before.replace(before[60], "A" if before[60] != "A" else "B", 1))
    make(site)
    assert known.read_text().startswith("ALTER ROLE sagews_backend PASSWORD 'SCRAM-SHA-256$4096:")
    assert known.read_text() != before and database_passwords.missing(site) == []
    known.unlink()
    assert database_passwords.missing(site) == [known]
    assert any(each.service == "database" and each.renew for each in machine_certificates.shown(site))
