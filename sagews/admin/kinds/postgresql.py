"""PostgreSQL as a program: a cluster of the site's own.

Who is on its machine comes over its Unix socket, and the system says who it is
(`peer`): pg_ident.conf has, for each Unix user of the site, the roles that it
may take. Services of other machines come over TLS, each role from those
machines alone that run a service of it, and with its password. Of that, only
a verifier is here (RFC 5803): the server never sees the password itself.
"""

import getpass
import hashlib
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from sagews.admin.kinds.own import PYTHON
from sagews.admin.program import Answers, OwnedDirectory, Program, WrittenFile
from sagews.admin.supervisor.places import Places
from sagews.config.address import is_address
from sagews.config.placement import DATABASE, LOGWATCH_CONNECTIONS, Placed, placed, socket_directory
from sagews.config.postgresql import BACKEND, LOGWATCH, OWNER
from sagews.config.servers import comers, verifier_file
from sagews.config.site import Site
from sagews.config.users import BACKEND_USER, LOGWATCH_USER

USER = "postgres"
"""Unix user of Debian's package, and the cluster's superuser."""
SPARE_CONNECTIONS = 20
"""Beside those of services: half of them for migrations, backups and whoever looks; the others for connections whose
other end is gone, which PostgreSQL does not know yet. No role of services can take them all."""
LISTENING = 1
"""Of each backend, beside those for work: on it, it hears what the others have done to worksheets."""
LOGWATCHES = 2
"""Of each that runs, one more may ask how far it has come."""
MAKE = (
    'test -e "$1/PG_VERSION" ||'
    ' exec "$2/initdb" --pgdata "$1" --username postgres --auth peer --encoding UTF8 --locale C'
)
"""Makes the cluster, once (initdb(1)); what it has begun and cannot end it removes itself."""
SETTLE = """\\set ON_ERROR_STOP 1
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
{roles}
SELECT 'CREATE DATABASE {database} OWNER {owner}'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {all};
{limits}
{passwords}
SELECT pg_reload_conf() \\g /dev/null
"""
"""Makes what is missing, and takes new passwords and certificates."""
ROLE = """SELECT 'CREATE ROLE {role} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec"""


def postgresql(site: Site, own: Placed) -> Program:
    """Return the program of the cluster."""
    places, programs = Places(site.data), _programs(site)
    folder, sockets = places.data / "postgresql", socket_directory(site)
    cluster, written = folder / "cluster", places.settings.parent
    user = USER if os.geteuid() == 0 else ""
    services = placed(site)
    elsewhere = comers(services)
    files = {
        "postgresql.conf": configuration(site, own, written, sockets),
        "pg_hba.conf": _let_in(services),
        "pg_ident.conf": _identities(),
        "postgresql.sql": SETTLE.format(
            roles="\n".join(ROLE.format(role=role) for role in (OWNER, BACKEND, LOGWATCH)),
            database=DATABASE,
            owner=OWNER,
            all=", ".join((OWNER, BACKEND, LOGWATCH)),
            limits="\n".join(
                f"ALTER ROLE {role} CONNECTION LIMIT {most + SPARE_CONNECTIONS // 4};"
                for role, most in _connections(site).items()
            ),
            passwords="\n".join(
                f"\\i {_quoted(verifier_file(site, role))}"
                if role in elsewhere
                else f"ALTER ROLE {role} PASSWORD NULL;"
                for role in (OWNER, BACKEND, LOGWATCH)
            ),
        ),
    }
    migrate = ("database", "migrate", "--config", str(places.settings), "--service", own.name)
    there = ("-h", str(sockets), "-p", str(own.port), "-U", "postgres", "-d", "postgres")
    return Program(
        name=own.name,
        kind=own.kind,
        command=(
            str(programs / "postgres"),
            *("-D", str(cluster), "-c", f"config_file={written / 'postgresql.conf'}"),
        ),
        user=user,
        # A change of it takes a new process; one of the other files does not.
        environment={"SAGEWS_SETTINGS": hashlib.sha256(files["postgresql.conf"].encode()).hexdigest()[:16]},
        directory=Path("/"),
        log=places.logs / f"{own.name}.log",
        # A fast stop; its smart one waits until everybody has left (postgres(1)).
        stop_signal="INT",
        stop_seconds=60.0,
        reload_signal="HUP",
        start_seconds=120.0,
        answers=Answers(command=(str(programs / "pg_isready"), "-q", *there)),
        directories=(
            OwnedDirectory(path=folder, mode=0o711, owner=user),
            OwnedDirectory(path=sockets, mode=0o711, owner=user),
        ),
        files=tuple(
            WrittenFile(path=written / name, text=text, mode=0o600, owner=user) for name, text in files.items()
        ),
        prepare=("/bin/sh", "-c", MAKE, "sh", str(cluster), str(programs)),
        settle=(str(programs / "psql"), "-X", "-q", *there, "-f", str(written / "postgresql.sql")),
        # Backends of other machines have no right to, and nobody else there has.
        complete=(*PYTHON, *migrate) if BACKEND in elsewhere else (),
        reads=(
            (site.link_file("postgresql_key"), *(verifier_file(site, role) for role in sorted(elsewhere)))
            if elsewhere
            else ()
        ),
    )


def configuration(site: Site, own: Placed, written: Path, sockets: Path) -> str:
    """Return the text of postgresql.conf (PostgreSQL 15, chapter 20)."""
    services = placed(site)
    settings = {
        "listen_addresses": "''",
        "port": str(own.port),
        "unix_socket_directories": f"'{sockets}'",
        "hba_file": f"'{written / 'pg_hba.conf'}'",
        "ident_file": f"'{written / 'pg_ident.conf'}'",
        "max_connections": str(sum(_connections(site).values()) + SPARE_CONNECTIONS),
        "shared_buffers": f"{max(1, site.postgresql.memory >> 20)}MB",
        "effective_cache_size": f"{max(1, site.postgresql.memory >> 20) * 3}MB",
        "maintenance_work_mem": f"{max(16, site.postgresql.memory >> 22)}MB",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "log_timezone": "'UTC'",
        "log_lock_waits": "on",
        "log_min_duration_statement": "1s",
        # What a statement holds is readers' code.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "idle_in_transaction_session_timeout": "60s",
        "lock_timeout": "30s",
    }
    if comers(services):
        settings |= {
            "listen_addresses": f"'{own.machine.address}'",
            "ssl": "on",
            "ssl_min_protocol_version": "'TLSv1.3'",
            "ssl_cert_file": _quoted(site.link_file("postgresql_certificate")),
            "ssl_key_file": _quoted(site.link_file("postgresql_key")),
            "password_encryption": "scram-sha-256",
            "authentication_timeout": "10s",
            # A machine that has gone leaves its connections: they make room within two minutes.
            "tcp_keepalives_idle": "60",
            "tcp_keepalives_interval": "10",
            "tcp_keepalives_count": "6",
        }
    return "# Written by sagews admin.\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def _connections(site: Site) -> dict[str, int]:
    """Return how many connections the services of each role have at most, on all machines."""
    counts = [each.kind for each in placed(site)]
    return {
        BACKEND: counts.count("backend") * (site.database.connections + LISTENING),
        LOGWATCH: counts.count("logwatch") * LOGWATCHES * LOGWATCH_CONNECTIONS,
    }


def _let_in(services: Sequence[Placed]) -> str:
    """Return pg_hba.conf: who may come from where."""
    lines = ["local all all peer map=site"]
    for role, machines in sorted(comers(services).items()):
        for address in sorted({each.address for each in machines}):
            where = (
                f"{address}/{ipaddress.ip_address(address).max_prefixlen}" if is_address(address) else f'"{address}"'
            )
            lines.append(f"hostssl {DATABASE} {role} {where} scram-sha-256")
    return "# Written by sagews admin.\n" + "".join(f"{line}\n" for line in [*lines, "host all all all reject"])


def _quoted(path: Path) -> str:
    """Return a path as its files and psql take it."""
    return "'" + str(path).replace("\\", "\\\\").replace("'", "''") + "'"


def _identities() -> str:
    """Return pg_ident.conf: who may be whom. Where root starts the site, each user has one role."""
    starter = getpass.getuser()
    users = {"postgres": USER, OWNER: starter, BACKEND: BACKEND_USER, LOGWATCH: LOGWATCH_USER}
    lines = [f"site {user if os.geteuid() == 0 else starter} {role}" for role, user in users.items()]
    return "# Written by sagews admin.\n" + "".join(f"{line}\n" for line in lines)


def _programs(site: Site) -> Path:
    """Return the directory of the newest version's programs, or where it would be."""
    if site.postgresql.programs:
        return Path(site.postgresql.programs)
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    versions = [path.parent for path in found if path.parts[-3].isdigit()]
    return max(versions, key=lambda path: int(path.parts[-2]), default=Path("/usr/lib/postgresql/15/bin"))
