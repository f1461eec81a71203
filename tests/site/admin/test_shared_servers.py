"""A site on two machines whose PostgreSQL and memcached serve a backend and a logwatch of the other machine."""

import json
import os
import re
import socket
import ssl
import struct
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from sagews.admin.certificates import Certificates
from sagews.admin.here.belongings import bring
from sagews.admin.installing.belongings import belongings
from sagews.admin.supervisor.asking import Supervisor
from sagews.config.load import load
from sagews.config.placement import machine
from sagews.database.tls import client_tls
from tests.processes import wait_until
from tests.site.admin.command import AdministeredSite, Ended, administered_site
from tests.site.admin.ground import free_port
from tests.site.admin.sshd import SSHD, running_sshd
from tests.site.admin.test_two_machines import TwoMachines

pytestmark = pytest.mark.skipif(
    not SSHD and not os.environ.get("SAGEWS_DEMAND_SERVICES"), reason="sshd is not installed"
)
FRONT, LEFT, STRANGER = "127.0.0.2", "127.0.0.1", "127.0.0.9"
"""Two machines of this host, and an address of neither. Who says nothing else comes from that of LEFT."""
TLS_WANTED = struct.pack("!ii", 8, 80877103)
ASKED_FOR_PASSWORD = "SCRAM-SHA-256"


class SharedServers(TwoMachines):
    """Worker, PostgreSQL and memcached are here; the backend's machine is behind SSH."""

    def write(self, more: str = "") -> None:
        self.database_port, self.cache_port = free_port(), free_port()
        super().write(
            f"[postgresql]\nport = {self.database_port}\nmemory = 33554432\n"
            f"[memcached]\nport = {self.cache_port}\n[cache]\nmemory = 0\n{more}"
        )
        text = self.file.read_text().replace("worker = 1", "X = 1")
        text = text.replace("backend = 1", "worker = 1, postgresql = 1, memcached = 1").replace("X = 1", "backend = 1")
        self.file.write_text(text.replace('name = "front"', f'name = "front"\naddress = "{FRONT}"'))

    def bring(self) -> None:
        """Put into its place what belongs to the other machine, as `install` does once it has brought the program."""
        site = load(self.file)
        assert bring(belongings(site, machine(site, "left")), lambda _: None) == 0

    def sql(self, statement: str) -> list[list[str]]:
        """Have the server's own superuser do something."""
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        user = ("runuser", "-u", "postgres", "--") if os.getuid() == 0 else ()
        where = ("-h", str(self.places.data / "postgresql/run"), "-p", str(self.database_port), "-U", "postgres")
        done = subprocess.run(
            [*user, str(programs / "psql"), "-XAt", *where, "-d", "sagews", "-c", statement],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return [line.split("|") for line in done.stdout.splitlines()]

    def password(self, role: str) -> str:
        return (self.places.data / "secrets" / f"{role}.password").read_text().strip()

    def own(self, *arguments: str) -> Ended:
        """Run `sagews admin` where that needs no other machine."""
        return AdministeredSite.admin(self, *arguments)

    def clear(self) -> None:
        super().clear()
        self.places = self.there
        super().clear()


@pytest.fixture(scope="module")
def site() -> Iterator[SharedServers]:
    with administered_site(SharedServers) as site:
        assert isinstance(site, SharedServers)
        assert site.own("certificates").status == 0
        site.bring()
        with running_sshd(site.file.parent):
            started = site.admin("start")
            assert started.status == 0, started
            yield site
            assert site.admin("stop").status == 0


def test_services_of_the_other_machine_come_over_tls_and_with_their_own_role(site: SharedServers) -> None:
    assert permalink(site)
    assert "stored" in evaluated(site) and "detail=memcached" in evaluated(site)
    wait_until(
        lambda: {name for (name,) in site.sql("SELECT DISTINCT machine FROM log_record")} == {"front", "left"},
        20,
        "both machines' logs come in",
    )
    come = site.sql(
        "SELECT usename, coalesce(host(client_addr), 'socket'), ssl, version FROM pg_stat_ssl"
        " JOIN pg_stat_activity USING (pid) WHERE usename LIKE 'sagews%' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"
    )
    assert come == [
        ["sagews_backend", LEFT, "t", "TLSv1.3"],
        ["sagews_logwatch", LEFT, "t", "TLSv1.3"],
        ["sagews_logwatch", "socket", "f", ""],
    ]
    assert {
        name: known[:13]
        for name, known in site.sql("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword > ''")
    } == {
        "sagews_backend": "SCRAM-SHA-256",
        "sagews_logwatch": "SCRAM-SHA-256",
    }


@pytest.mark.parametrize(
    ("source", "role", "database", "tls", "said"),
    [
        (LEFT, "sagews_backend", "sagews", True, ASKED_FOR_PASSWORD),
        (LEFT, "sagews_logwatch", "sagews", True, ASKED_FOR_PASSWORD),
        (LEFT, "sagews_backend", "sagews", False, "28000"),
        (LEFT, "sagews_backend", "postgres", True, "28000"),
        (LEFT, "sagews_owner", "sagews", True, "28000"),
        (LEFT, "postgres", "postgres", True, "28000"),
        (FRONT, "sagews_backend", "sagews", True, "28000"),
        (STRANGER, "sagews_logwatch", "sagews", True, "28000"),
    ],
)
def test_the_database_listens_to_no_other_role_and_no_other_address(
    site: SharedServers, source: str, role: str, database: str, tls: bool, said: str
) -> None:
    assert said in greeted(site, source, role, database, tls=tls)


async def test_the_database_takes_its_own_passwords_and_shows_its_own_certificate(
    site: SharedServers, tmp_path: Path
) -> None:
    authority = client_tls(site.there.data / "certificates/authority.pem")
    Certificates(tmp_path, lambda _: None).make_for((), (), renew=False)
    given = {"host": FRONT, "port": site.database_port, "database": "sagews", "timeout": 10, "ssl": authority}
    own = {"user": "sagews_backend", "password": site.password("sagews_backend")}
    connection = await asyncpg.connect(**given, **own)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SELECT * FROM log_record")
    await connection.close()
    for wrong in ("", "x", site.password("sagews_logwatch"), verifier(site, "sagews_backend")):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(**given, **own | {"password": wrong})
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncpg.connect(**given | {"ssl": client_tls(tmp_path / "authority.pem")}, **own)
    with pytest.raises(ssl.SSLCertVerificationError, match=re.escape(LEFT)):
        greeted(site, LEFT, "sagews_backend", "sagews", tls=True, name=LEFT)


def test_memcached_answers_backends_alone(site: SharedServers, tmp_path: Path) -> None:
    here, there = site.places.data / "certificates", site.there.data / "certificates"
    others = Certificates(tmp_path, lambda _: None)
    others.make_for(("backend",), (), renew=False)
    # Who says nothing keeps nobody waiting.
    with socket.create_connection((FRONT, site.cache_port), 5):
        assert asked(site, there, "backend").startswith("VERSION")
    for folder, shown in ((there, ""), (here, "worker"), (here, "memcached"), (tmp_path, "backend")):
        assert not asked(site, folder, shown, authority=there), (folder, shown)
    with socket.create_connection((FRONT, site.cache_port), 5) as plain:
        plain.settimeout(5)
        plain.sendall(b"version\r\n")
        assert b"VERSION" not in received(plain)
    with pytest.raises(ssl.SSLCertVerificationError):
        asked(site, there, "backend", authority=tmp_path)


def test_no_password_is_where_others_could_read_it(site: SharedServers) -> None:
    secrets = {role: site.password(role).encode() for role in ("sagews_backend", "sagews_logwatch")}
    known = [verifier(site, role).encode() for role in secrets]
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                text = (process / name).read_bytes()
            except OSError:
                continue
            assert not any(secret in text for secret in (*secrets.values(), *known)), process
    found = {}
    for path in site.file.parent.rglob("*"):
        if path.is_file() and "cluster" not in path.parts and path.stat().st_size < 1 << 24:
            content = path.read_bytes()
            if any(secret in content for secret in (*secrets.values(), *known)):
                found[str(path.relative_to(site.file.parent))] = path.stat().st_mode & 0o777
                assert path.stat().st_uid == os.getuid()
    shared = 0o640 if os.getuid() == 0 else 0o600
    assert found == {
        **{f"data/secrets/{role}.password": 0o600 for role in secrets},
        **{f"data/secrets/{role}.sql": shared for role in secrets},
        **{f"there/secrets/{role}.password": shared for role in secrets},
    }
    if os.getuid() == 0:
        for user, role in (("sagews-backend", "sagews_backend"), ("sagews-logwatch", "sagews_logwatch")):
            readable = [path.name for path in (site.there.data / "secrets").iterdir() if reads(user, path)]
            assert readable == [f"{role}.password"]
            assert not any(reads(user, path) for path in (site.places.data / "secrets").iterdir())
    # The cluster's own files hold what it knows them by, and never a password.
    done = subprocess.run(
        ["grep", "-rlaF", "-f", "-", str(site.places.data / "postgresql/cluster")],
        input=b"\n".join(secrets.values()),
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout


def test_who_administers_the_site_from_another_machine_reaches_its_database(
    site: SharedServers, tmp_path: Path
) -> None:
    behind = f'ssh = "front"\nprogram = "{site.file.with_name("sagews")}"\n'
    text = re.sub(r'ssh = "left"\nprogram = .*\n', "", site.file.read_text())
    other = site.file.with_name("left.toml")
    other.write_text(text.replace(f'address = "{FRONT}"\n', f'address = "{FRONT}"\n{behind}'))
    there = ("--config", str(other), "--ssh-config", str(site.file.with_name("ssh_config")))
    migrated = site.sagews("admin", "migrate", *there)
    assert migrated.status == 0 and "already" in migrated.stdout, migrated
    logs = site.sagews("admin", "logs", "worker", "--machine", "front", *there)
    assert "from the database" in logs.stderr and "worker1" in logs.stdout, logs
    written = site.sagews("admin", "backup", str(tmp_path / "backup"), *there)
    assert written.status == 0, written
    with tarfile.open(tmp_path / "backup") as archive:
        assert "database.dump" in archive.getnames()


async def test_new_passwords_and_certificates_are_taken_while_all_runs(site: SharedServers) -> None:
    old, before = site.password("sagews_backend"), processes(site)
    renewed = site.own("certificates", "--renew", "--renew-passwords")
    assert renewed.status == 0 and site.password("sagews_backend") != old
    assert site.password("sagews_backend") not in renewed.stdout
    site.bring()
    started = site.admin("start")
    assert started.status == 0, started
    after = processes(site)
    assert after.pop("memcached1") != before.pop("memcached1") and after == before
    site.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'sagews%'")
    assert permalink(site)
    wait_until(lambda: "detail=memcached" in evaluated(site), 20, "memcached is back")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host=FRONT,
            port=site.database_port,
            database="sagews",
            user="sagews_backend",
            password=old,
            timeout=10,
            ssl=client_tls(site.there.data / "certificates/authority.pem"),
        )


def processes(site: SharedServers) -> dict[str, int]:
    """Return the process of each service of both machines."""
    kept = [Supervisor(places.socket).processes() for places in (site.places, site.there)]
    return {name: process.pid for machine in kept for name, process in machine.items()}


def permalink(site: SharedServers) -> str:
    """Keep some code in the database, and return under which name."""
    body = json.dumps({"code": f"{time.time_ns()}"}).encode()
    return str(json.loads(posted(site, "api/v1/permalinks", body)[1])["id"])


def evaluated(site: SharedServers) -> str:
    """Evaluate something, and return what the cache has to do with it."""
    return posted(site, "service", b"code=6*7")[0]


def posted(site: SharedServers, path: str, body: bytes) -> tuple[str, str]:
    kind = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    request = urllib.request.Request(f"{site.url}/{path}", body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.headers.get("Cache-Status")), answer.read().decode()


def verifier(site: SharedServers, role: str) -> str:
    (found,) = re.findall("'(.*)'", (site.places.data / "secrets" / f"{role}.sql").read_text())
    return str(found)


def greeted(site: SharedServers, source: str, role: str, database: str, *, tls: bool, name: str = FRONT) -> str:
    """Return what PostgreSQL says first to a role that comes from an address (its protocol 3.0)."""
    words = b"".join(f"{word}\0".encode() for word in ("user", role, "database", database)) + b"\0"
    message = struct.pack("!ii", 8 + len(words), 196608) + words
    with socket.create_connection((FRONT, site.database_port), 10, source_address=(source, 0)) as peer:
        if not tls:
            peer.sendall(message)
            return received(peer).decode(errors="replace")
        peer.sendall(TLS_WANTED)
        assert peer.recv(1) == b"S"
        context = client_tls(site.places.data / "certificates/authority.pem")
        with context.wrap_socket(peer, server_hostname=name) as secured:
            secured.sendall(message)
            return secured.recv(4096).decode(errors="replace")


def asked(site: SharedServers, folder: Path, shown: str, authority: Path | None = None) -> str:
    """Return memcached's version if it tells it to whoever shows this certificate."""
    context = client_tls((authority or folder) / "authority.pem")
    if shown:
        context.load_cert_chain(folder / f"{shown}.pem", folder / f"{shown}-key.pem")
    peer = socket.create_connection((FRONT, site.cache_port), 5)
    with peer, context.wrap_socket(peer, server_hostname=FRONT) as secured:
        try:
            secured.sendall(b"version\r\n")
            return received(secured).decode(errors="replace")
        except OSError:
            return ""


def received(peer: socket.socket) -> bytes:
    try:
        return peer.recv(4096)
    except OSError:
        return b""


def reads(user: str, path: Path) -> bool:
    return subprocess.run(["runuser", "-u", user, "--", "/usr/bin/test", "-r", str(path)], cwd="/").returncode == 0
