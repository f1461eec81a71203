"""The service `worker`: one supervisor behind one Unix socket.

Theory of operation: see `worker/supervisor.py` for the processes. This one
runs in the foreground under its starter, logs to stderr, announces itself on
stdout when a session can be opened, and ends at SIGTERM, SIGINT or the end of
its lifeline with every process that it started.
"""

import asyncio
import os
import socket
import stat
from pathlib import Path

import structlog
import uvloop

from sagews.config.site import Site
from sagews.errors import ConfigurationError, ServiceError
from sagews.service.announcement import announce_ready
from sagews.service.log import start_log
from sagews.service.readers import Readers
from sagews.service.stopping import stop_event
from sagews.worker.link import Link
from sagews.worker.supervisor import Supervisor

MAX_SOCKET_PATH = 107
"""Bytes of a Unix socket's path (unix(7): sun_path has 108, the last one NUL)."""

log = structlog.get_logger()


def run(site: Site, *, lifeline: bool, readers: Readers) -> None:
    """Serve sessions until told to end. Raises SagewsError if it cannot start."""
    start_log("worker")
    uvloop.run(_serve(site, readers, lifeline=lifeline))


async def _serve(site: Site, readers: Readers, *, lifeline: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = stop_event(loop, lifeline=lifeline)
    listener = listen(site.worker_socket)
    supervisor = Supervisor(site, readers)
    links: set[Link] = set()
    try:
        await supervisor.start()
        server = await loop.create_unix_server(lambda: Link(supervisor, site.worker.name, links), sock=listener)
        announce_ready(worker=site.worker.name, tier=supervisor.tier)
        log.info("worker ready", worker=site.worker.name, environments=supervisor.environments)
        await stop.wait()
        log.info("worker ends", sessions=len(links))
        server.close()
    finally:
        await supervisor.stop()
        for link in list(links):
            link.end()
        site.worker_socket.unlink(missing_ok=True)


def listen(path: Path) -> socket.socket:
    """Return a socket that listens on a path which only its owner can reach. Raises SagewsError."""
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise ConfigurationError(
            f"is longer than the {MAX_SOCKET_PATH} bytes of a socket's path",
            str(path),
            "choose a shorter runtime_directory",
        )
    _make_private(path.parent)
    listener = socket.socket(socket.AF_UNIX)
    try:
        _take_over(path)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServiceError(
            f"cannot listen ({error.strerror})", str(path), "choose another runtime_directory"
        ) from error
    except ServiceError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _make_private(directory: Path) -> None:
    """Make the directory, or check that nobody else may go into it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be made ({error.strerror})", str(directory), "choose another runtime_directory"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigurationError(
            "is not a directory of this user alone", str(directory), "chmod 700 it, or choose another runtime_directory"
        )


def _take_over(path: Path) -> None:
    """Remove the socket of a worker that is dead; refuse if one listens there."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise ServiceError("a worker listens there already", str(path), "stop it, or give this one another name")
