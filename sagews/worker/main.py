"""The service `worker`: one supervisor behind its doors.

Theory of operation: see `worker/supervisor.py` for the processes. This one
runs in the foreground under its starter, logs to stderr, and announces itself
on stdout when a session can be opened. Backends come in by a Unix socket,
whose peers the kernel names, and, if `[worker] listen` says so, by TLS from
other machines (`worker/door.py`).

Two ways to end, both with every process that it started. The first SIGTERM
drains: no session is opened any more, those that live go on until they end or
`drain_seconds` are over; SIGUSR1 takes that back. SIGINT, a second SIGTERM or the end of the lifeline
end it at once.
"""

import asyncio
import pwd
import signal
import socket
from collections.abc import Callable

import structlog
import uvloop

from sagews.config.address import TCPAddress, parse_tcp_address
from sagews.config.site import Site
from sagews.protocol import sagews_pb2 as pb
from sagews.service.announcement import announce_ready
from sagews.service.link_token import LinkToken
from sagews.service.listening import listen as listen_on_tcp
from sagews.service.log import start_log
from sagews.service.readers import Readers
from sagews.service.stopping import first, stop_event
from sagews.service.tls import worker_tls
from sagews.worker.door import Door
from sagews.worker.health import Health
from sagews.worker.link import Link
from sagews.worker.listening import account, listen
from sagews.worker.supervisor import Supervisor

log = structlog.get_logger()


def run(site: Site, *, lifeline: bool, readers: Readers, backend_user: str = "") -> None:
    """Serve sessions until told to end. Raises SagewsError if it cannot start.

    Backends of this machine run as the worker's own user, or as another one that is given.
    """
    start_log("worker")
    uvloop.run(_serve(site, readers, account(backend_user) if backend_user else None, lifeline=lifeline))


async def _serve(site: Site, readers: Readers, backends: pwd.struct_passwd | None, *, lifeline: bool) -> None:
    drain, resume = asyncio.Event(), asyncio.Event()
    stop = stop_event(asyncio.get_running_loop(), lifeline=lifeline, drain=drain)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, resume.set)
    supervisor = Supervisor(site, readers)
    links: set[Link] = set()
    health = Health(supervisor, links)
    doors, facts = _doors(site, supervisor, links, backends)
    reason = pb.SESSION_REASON_SHUTDOWN
    try:
        if site.worker.metrics:
            address = parse_tcp_address(site.worker.metrics, "setting 'worker.metrics'")
            facts["metrics"] = str(TCPAddress(address.host, await health.listen(address)))
        if not await _started(supervisor, stop, drain):
            return
        for door in doors:
            door.open()
        announce_ready(worker=site.worker.name, tier=supervisor.tier, **facts)
        log.info("worker ready", worker=site.worker.name, environments=supervisor.environments, **facts)
        while not stop.is_set():
            await first(stop.wait, drain.wait)
            if stop.is_set():
                break
            resume.clear()
            reason = await _drain(supervisor, stop, resume, site.worker.drain_seconds)
            if stop.is_set() or not resume.is_set():
                break
            supervisor.admission.reopen()
            drain.clear()
            log.info("worker opens sessions again", sessions=supervisor.admission.taken)
            reason = pb.SESSION_REASON_SHUTDOWN
        log.info("worker ends", sessions=supervisor.admission.taken, links=len(links))
    finally:
        await asyncio.gather(*(door.close() for door in doors))
        await supervisor.stop(reason)
        for link in list(links):
            link.end()
        await health.stop()
        site.worker_socket.unlink(missing_ok=True)


async def _started(supervisor: Supervisor, *ends: asyncio.Event) -> bool:
    """Start the supervisor; return whether that was done before this was to end. Raises SagewsError."""
    starting = asyncio.create_task(supervisor.start())
    ending = [asyncio.create_task(end.wait()) for end in ends]
    await asyncio.wait([starting, *ending], return_when=asyncio.FIRST_COMPLETED)
    for task in ending:
        task.cancel()
    if starting.done():
        await starting
        return True
    log.info("worker ends before it was ready")
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    return False


def _doors(
    site: Site, supervisor: Supervisor, links: set[Link], backends: pwd.struct_passwd | None
) -> tuple[list[Door], dict[str, str]]:
    """Return the doors, which listen but are not open yet, and where they are. Raises SagewsError."""

    def for_peers_of(token: LinkToken | None) -> Callable[[str, Callable[[], None]], Link]:
        def make(peer: str, settled: Callable[[], None]) -> Link:
            patience = site.worker.stall_seconds
            return Link(supervisor, links, peer, token=token, settled=settled, stall_seconds=patience)

        return make

    doors: list[Door] = []
    facts: dict[str, str] = {}
    if site.worker.listen:
        address = parse_tcp_address(site.worker.listen, "setting 'worker.listen'")
        tls, make = worker_tls(site), for_peers_of(LinkToken(site.link_file("token")))
        listeners = listen_on_tcp(address.host, address.port, "change setting 'worker.listen'")
        doors += [Door(listener, make, tls) for listener in listeners]
        facts["listen"] = str(TCPAddress(address.host, _port(listeners[0])))
    users = () if backends is None else (backends.pw_uid,)
    doors.append(Door(listen(site.worker_socket, backends), for_peers_of(None), users=users))
    return doors, facts


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


async def _drain(
    supervisor: Supervisor, stop: asyncio.Event, resume: asyncio.Event, seconds: float
) -> pb.SessionReason:
    """Wait until the worker is empty, or for so long, or until it is to end at once; return why sessions end then."""
    log.info("worker drains", sessions=supervisor.admission.taken, seconds=seconds)
    await first(stop.wait, resume.wait, supervisor.drain, lambda: asyncio.sleep(seconds))
    return pb.SESSION_REASON_SHUTDOWN if stop.is_set() else pb.SESSION_REASON_DRAINED
