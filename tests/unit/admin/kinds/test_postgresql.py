"""What PostgreSQL is told: who may come from where, and how many."""

import re
from pathlib import Path

import pytest

from sagews.admin.program import Program
from sagews.admin.programs import programs
from sagews.config.load import load, parse
from sagews.config.site import Site

EXAMPLES = Path(__file__).parents[4] / "examples"
SITE = """
data_directory = "/srv/it's"
[[machine]]
name = "a"
address = "10.0.0.1"
services = { postgresql = 1, worker = 1 }
[[machine]]
name = "b"
address = "fd00::2"
ssh = "b"
services = { backend = 3, haproxy = 1 }
[[machine]]
name = "c"
address = "w3.lan"
ssh = "c"
services = { worker = 1 }
[database]
connections = 7
"""


@pytest.fixture
def several() -> Site:
    return parse(SITE, "sagews.toml")


def server(site: Site) -> Program:
    (found,) = (each for each in programs(site, site.machine[0].name) if each.kind == "postgresql")
    return found


def text(site: Site, name: str) -> str:
    (found,) = (file.text for file in server(site).files if file.path.name == name)
    return found


def setting(site: Site, name: str) -> str:
    (found,) = re.findall(rf"^{name} = (.*)$", text(site, "postgresql.conf"), re.MULTILINE)
    return str(found)


def test_each_role_comes_from_the_machines_of_its_services_and_by_tls(several: Site) -> None:
    assert text(several, "pg_hba.conf").splitlines()[1:] == [
        "local all all peer map=site",
        "hostssl sagews sagews_backend fd00::2/128 scram-sha-256",
        "hostssl sagews sagews_logwatch fd00::2/128 scram-sha-256",
        'hostssl sagews sagews_logwatch "w3.lan" scram-sha-256',
        "host all all all reject",
    ]
    assert setting(several, "listen_addresses") == "'10.0.0.1'"
    assert setting(several, "ssl_min_protocol_version") == "'TLSv1.3'"
    assert setting(several, "ssl_key_file") == "'/srv/it''s/certificates/postgresql-key.pem'"
    assert r"\i '/srv/it''s/secrets/sagews_backend.sql'" in text(several, "postgresql.sql")


def test_nobody_else_reaches_one_that_serves_its_own_machine() -> None:
    alone = load(EXAMPLES / "one-machine.toml")
    assert setting(alone, "listen_addresses") == "''" and "hostssl" not in text(alone, "pg_hba.conf")
    assert server(alone).reads == () and server(alone).complete == ()
    for role in ("sagews_owner", "sagews_backend", "sagews_logwatch"):
        assert f"ALTER ROLE {role} PASSWORD NULL;" in text(alone, "postgresql.sql")


def test_there_are_connections_for_all_services_of_the_site(several: Site) -> None:
    backends, logwatches, others = 3 * (7 + 1), 3 * 2 * 2, 20
    assert setting(several, "max_connections") == str(backends + logwatches + others)
    limits = re.findall(r"ALTER ROLE (\w+) CONNECTION LIMIT (\d+);", text(several, "postgresql.sql"))
    assert limits == [("sagews_backend", str(backends + 5)), ("sagews_logwatch", str(logwatches + 5))]


def test_a_new_comer_and_no_new_number_needs_no_restart(several: Site) -> None:
    moved = parse(SITE.replace("fd00::2", "10.0.0.9"), "sagews.toml")
    assert server(moved).environment == server(several).environment
    more = parse(SITE.replace("backend = 3", "backend = 4"), "sagews.toml")
    assert server(more).environment != server(several).environment
