"""The socket of a database on another machine, brought here by OpenSSH for as long as a command needs it.

PostgreSQL sees the user whom ssh logs in as, who is the owner of the tables
there as whoever starts the site is: nothing listens for it, and no password is
needed.
"""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sagews.admin.fleet.channel import CONNECT_SECONDS, SSH
from sagews.config.placement import DATABASE, Placed, for_machine, here, placed, socket_directory
from sagews.config.postgresql import OWNER
from sagews.config.servers import postgresql
from sagews.config.site import Site
from sagews.errors import UnreachableError

OWN = ("-N", *("-o", "ControlPath=none"), *("-o", "ExitOnForwardFailure=yes"), *("-o", "StreamLocalBindMask=0177"))
"""It runs no command, is no part of another connection, and what it opens here is for its user alone."""
READY_SECONDS = CONNECT_SECONDS + 5.0
END_SECONDS = 3.0


@contextmanager
def within_reach(loaded: Site, own: Site, ssh_configuration: Path | None) -> Iterator[Site]:
    """Give the site of this machine with a database that its owner reaches from here.

    `loaded` is the site as the file has it, `own` as it is here. Raises UnreachableError.
    """
    server = postgresql(placed(loaded))
    if own.database.url or server is None or server.machine is here(loaded):
        yield own
        return
    with tempfile.TemporaryDirectory(prefix="sagews-", dir="/tmp") as folder:  # a socket's path is short
        process = _begin(loaded, server, Path(folder), ssh_configuration)
        try:
            _wait(process, server, _socket(Path(folder), server))
            url = f"postgresql+asyncpg://{OWNER}@/{DATABASE}?host={folder}&port={server.port}"
            yield msgspec.structs.replace(own, database=msgspec.structs.replace(own.database, url=url))
        finally:
            process.terminate()
            try:
                process.communicate(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _begin(loaded: Site, server: Placed, folder: Path, ssh_configuration: Path | None) -> subprocess.Popen[str]:
    there = _socket(socket_directory(for_machine(loaded, server.machine)), server)
    given = ("-F", str(ssh_configuration)) if ssh_configuration else ()
    forward = ("-L", f"{_socket(folder, server)}:{there}")
    return subprocess.Popen(
        (*SSH, *OWN, *given, *forward, "--", server.machine.ssh),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait(process: subprocess.Popen[str], server: Placed, path: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while not _listens(path):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            said = " ".join(process.communicate()[1].split())[-300:] or "no answer"
            what = f"cannot be reached, where the site's database is ({said})"
            raise UnreachableError(what, f"machine {server.machine.name}", "see that ssh reaches it from here")
        time.sleep(0.02)


def _listens(path: Path) -> bool:
    """Whether somebody takes connections at a Unix socket: ssh gives it its name a moment before."""
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return False
    return True


def _socket(folder: Path, server: Placed) -> Path:
    return folder / f".s.PGSQL.{server.port}"
