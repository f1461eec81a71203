"""The services that sagews itself has, as programs: workers, backends, logwatch."""

import hashlib
import socket
import sys
from dataclasses import replace
from pathlib import Path

import msgspec

from sagews.admin.address import url
from sagews.admin.program import Answers, OwnedDirectory, Program
from sagews.admin.supervisor.places import Places
from sagews.config.haproxy import HAProxy
from sagews.config.memcached import Memcached
from sagews.config.placement import Placed, for_service, has_postgresql
from sagews.config.placement import placed as services
from sagews.config.postgresql import PostgreSQL
from sagews.config.site import Site

PYTHON = (sys.executable, "-P", "-m", "sagews")
IDLE = 60
"""Seconds without a word in any log, and without any other service, after which a logwatch ends."""
MARGIN = 10.0
"""Seconds beyond those that a service gives its readers, until it is killed."""


def worker(site: Site, placed: Placed) -> Program:
    """Return the program of a worker."""
    seen = for_service(site, placed.name)
    program = _program(seen, placed, Answers(address=f"unix:{seen.worker_socket}"), stop_signal="INT")
    # One that was drained ends by itself, and is not wanted any more until somebody says so.
    return replace(program, may_end=True)


def backend(site: Site, placed: Placed) -> Program:
    """Return the program of a backend. It tells its readers to move to another one before it ends, if there is one."""
    seen = for_service(site, placed.name)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(seen.backend.host, seen.backend.host)  # noqa: S104
    health = url(host, seen.backend.port, "") + "healthz"
    alone = sum(each.kind == "backend" for each in services(site)) == 1
    program = _program(
        seen,
        placed,
        Answers(url=health),
        needs=frozenset({"worker", "postgresql"}),
        stop_signal="INT" if alone else "TERM",
        stop_seconds=MARGIN if alone else seen.backend.drain_seconds + MARGIN,
    )
    if site.database.url or not has_postgresql(site):
        return program
    migrate = ("database", "migrate", "--config", str(Places(seen.data).settings))
    return replace(program, prepare=(*PYTHON, *migrate))


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
    return replace(program, command=(*command, "--until-idle", str(IDLE)), may_end=True, answers=asking)


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
        directories=(OwnedDirectory(path=runtime),),
    )


def _fingerprint(seen: Site) -> str:
    """Return a word for what a service reads, without what only others do."""
    read = msgspec.structs.replace(seen, machine=[], haproxy=HAProxy(), memcached=Memcached(), postgresql=PostgreSQL())
    return hashlib.sha256(msgspec.json.encode(read)).hexdigest()[:16]
