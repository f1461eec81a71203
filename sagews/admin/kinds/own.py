"""The services that sagews itself has, as programs: workers, backends, logwatch.

Where root starts a site, backends and logwatch have users of their own, and
only the worker, which gives each session a user, keeps root's rights.
"""

import hashlib
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

import msgspec

from sagews.admin.address import near, url
from sagews.admin.program import Answers, OwnedDirectory, Program
from sagews.admin.supervisor.places import Places
from sagews.config.address import TCPAddress
from sagews.config.haproxy import HAProxy
from sagews.config.memcached import Memcached
from sagews.config.nginx import Nginx
from sagews.config.placement import Placed, for_service
from sagews.config.placement import placed as services
from sagews.config.postgresql import PostgreSQL
from sagews.config.servers import postgresql
from sagews.config.site import Site
from sagews.config.stunnel import Stunnel
from sagews.config.users import BACKEND_USER, LOGWATCH_USER

PYTHON = (sys.executable, "-P", "-m", "sagews")
IDLE = 60
"""Seconds without a word in any log, and without any other service, after which a logwatch ends."""
BACKEND_DIRECTORY = "backend"
"""Where backends have what they alone read and write, below the data directory, if they have a user of their own."""
BACKEND_FILES = ("sagews.sqlite", "sagews.sqlite-wal", "sagews.sqlite-shm", "access-token", "ticket-keys")
"""What that is. Otherwise it lies in the data directory itself."""
MARGIN = 10.0
"""Seconds beyond those that a service gives its readers, until it is killed."""


def worker(site: Site, placed: Placed) -> Program:
    """Return the program of a worker. The backends of its machine may come in by its Unix socket."""
    seen = for_service(site, placed.name)
    program = _program(seen, placed, Answers(address=f"unix:{seen.worker_socket}"), stop_signal="INT")
    runtime = _runtime_directory(site, placed, seen)
    peers = ("--backend-user", runtime.group) if runtime.group else ()
    # One that was drained ends by itself, and is not wanted any more until somebody says so.
    return replace(program, command=(*program.command, *peers), directories=(runtime,), may_end=True)


def backend(site: Site, placed: Placed) -> Program:
    """Return the program of a backend. It tells its readers to move to another one before it ends, if there is one."""
    seen = for_service(site, placed.name)
    health = url(near(seen.backend.host), seen.backend.port, "") + "healthz"
    alone = sum(each.kind == "backend" for each in services(site)) == 1
    program = _program(
        seen,
        placed,
        Answers(url=health),
        needs=frozenset({"worker", "postgresql"}),
        stop_signal="INT" if alone else "TERM",
        stop_seconds=MARGIN if alone else seen.backend.drain_seconds + MARGIN,
    )
    linked = any(isinstance(each, TCPAddress) for each in seen.workers)
    secrets = [
        *([seen.link_file("token")] if linked else []),
        *([seen.link_file("backend_key")] if linked or seen.cache.memcached_tls else []),
        *_password(seen),
    ]
    own: tuple[OwnedDirectory, ...] = ()
    command = program.command
    if root():
        folder = Path(seen.backend.directory or seen.data / BACKEND_DIRECTORY)
        adopted = tuple(seen.data / name for name in BACKEND_FILES if folder != seen.data)
        own = (OwnedDirectory(path=folder, owner=BACKEND_USER, adopts=adopted),)
        command = (*command, "--directory", str(folder))
    program = replace(
        program,
        command=command,
        user=BACKEND_USER if root() else "",
        directories=(_runtime_directory(site, placed, seen), *own),
        reads=tuple(secrets),
        check=_password_check(seen),
    )
    server = postgresql(services(site))
    if server is None or server.machine is not placed.machine:
        return program
    migrate = ("database", "migrate", "--config", str(Places(seen.data).settings))
    return replace(program, migrate=(*PYTHON, *migrate))


def logwatch(site: Site, placed: Placed) -> Program:
    """Return the program of a logwatch: it ends by itself once nothing writes a log any more."""
    seen = for_service(site, placed.name)
    program = _program(
        seen,
        placed,
        Answers(url="http://127.0.0.1/"),
        stop_signal="TERM",
        stop_seconds=seen.logwatch.drain_seconds + MARGIN,
        needs=frozenset({"postgresql", "backend"}) if not site.database.url else frozenset(),
    )
    command = (*program.command, "--machine", placed.machine.name or socket.gethostname())
    asking = Answers(command=(*command, "--check"))
    return replace(
        program,
        command=(*command, "--until-idle", str(IDLE)),
        user=LOGWATCH_USER if root() else "",
        may_end=True,
        answers=asking,
        reads=_password(seen),
        check=_password_check(seen),
    )


def _password(seen: Site) -> tuple[Path, ...]:
    """Return the file of the database's password, if the site has made it itself, in its data directory."""
    path = _password_file(seen)
    return (path,) if path is not None and path.is_relative_to(seen.data) else ()


def _password_check(seen: Site) -> tuple[str, ...]:
    """Return what sees whether a service can read the database's password as its user, if an operator names its file.

    A file of the site's own gets its group at the start.
    """
    path = _password_file(seen)
    if path is None or path.is_relative_to(seen.data):
        return ()
    return (sys.executable, "-P", "-m", "sagews.admin.password_check", str(path))


def _password_file(seen: Site) -> Path | None:
    return Path(seen.database.password_file).expanduser().absolute() if seen.database.password_file else None


def root() -> bool:
    """Whether this is root, who starts services as others."""
    return os.geteuid() == 0


def _runtime_directory(site: Site, own: Placed, seen: Site) -> OwnedDirectory:
    """Return the directory of a machine's sockets: backends get to those of workers, and can put nothing there."""
    path = Path(seen.runtime_directory)
    if root() and any(each.kind == "backend" and each.machine is own.machine for each in services(site)):
        return OwnedDirectory(path=path, mode=0o710, group=BACKEND_USER)
    return OwnedDirectory(path=path)


def _program(
    seen: Site,
    placed: Placed,
    answers: Answers,
    *,
    stop_signal: str,
    stop_seconds: float = MARGIN,
    needs: frozenset[str] = frozenset(),
) -> Program:
    places = Places(seen.data)
    runtime = Path(seen.runtime_directory)
    lone = ["--data", str(seen.data), *(["--runtime", str(runtime)] if placed.kind != "logwatch" else [])]
    where = ["--service", placed.name] if placed.machine.name else lone
    return Program(
        name=placed.name,
        kind=placed.kind,
        command=(*PYTHON, placed.kind, "--config", str(places.settings), *where),
        # All that they read of the file makes them another program.
        environment={"SAGEWS_SETTINGS": _fingerprint(seen)},
        directory=Path("/"),
        log=places.logs / f"{placed.name}.log",
        stop_signal=stop_signal,
        stop_seconds=stop_seconds,
        start_seconds=60.0,
        needs=needs,
        answers=answers,
    )


def _fingerprint(seen: Site) -> str:
    """Return a word for what a service reads, without what only others do."""
    others = {"haproxy": HAProxy(), "stunnel": Stunnel(), "nginx": Nginx(), "memcached": Memcached()}
    read = msgspec.structs.replace(seen, machine=[], postgresql=PostgreSQL(), **others)
    return hashlib.sha256(msgspec.json.encode(read)).hexdigest()[:16]
