"""The programs of a machine, as the configuration has them. Thinking only, no I/O."""

import hashlib
import sys
from pathlib import Path

import msgspec

from sagews.admin.address import url
from sagews.admin.program import Answers, OwnedDirectory, Program
from sagews.admin.supervisor.places import Places
from sagews.config.site import Site


def programs(site: Site, machine_name: str) -> tuple[Program, ...]:
    """Return the programs of the one machine that a site without machines has: a worker and a backend."""
    places = Places(site.data)
    runtime = Path(site.runtime_directory)
    # All that they read of the file makes them another program.
    settings = hashlib.sha256(msgspec.json.encode(site)).hexdigest()[:16]
    shared = ["--config", str(places.settings), "--data", str(site.data), "--runtime", str(runtime)]

    def program(kind: str, answers: Answers, needs: frozenset[str]) -> Program:
        return Program(
            name=f"{kind}1",
            kind=kind,
            command=(sys.executable, "-P", "-m", "sagews", kind, *shared),
            environment={"SAGEWS_SETTINGS": settings},
            directory=Path("/"),
            log=places.logs / f"{kind}1.log",
            stop_signal="INT",
            start_seconds=60.0,
            needs=needs,
            answers=answers,
            directories=(OwnedDirectory(path=runtime),),
        )

    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(site.backend.host, site.backend.host)  # noqa: S104
    health = url(host, site.backend.port, "") + "healthz"
    return (
        program("worker", Answers(address=f"unix:{site.worker_socket}"), frozenset()),
        program("backend", Answers(url=health), frozenset({"worker"})),
    )
