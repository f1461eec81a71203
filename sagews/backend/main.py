"""The service `backend`: pages and connections on one TCP port, links to the worker.

Theory of operation. One process, one event loop (uvloop), no thread but that
of a database in a file and those that pack large results and messages, and no
state that matters: sessions live in the worker, permalinks in the database, and a client
that connects anew, to this backend or the next, attaches again and gets what
it missed. So a backend may be stopped or killed at any time.

    browser  --HTTP, WebSocket or SockJS-->  doorkeeper  -->  connection
    program  --HTTP-->  doorkeeper  -->  route of the API  -->  visit
    connection, visit  -->  session  --link, one for each session-->  worker

A request passes the doorkeeper (host, origin, token). A connection turns JSON
into requests and events into JSON (`connection.py`); sessions are shared by
the connections that hold them (`session.py`), and each has one link, taken
from a few that stand ready (`links.py`). Which worker opens one is decided by
what the workers say of themselves on their control links (`control.py`,
`placement.py`, `workers.py`). A stateless evaluation (`runs.py`, `run.py`) has
a session for itself alone, or none if its result is kept (`cache.py`, and
`memcached.py` for what backends share). Worksheets are edited at the desks of
connections (`worksheets/desk.py`), in rooms that are caches of the database.
Whoever reads too slowly is left behind and cut off; nothing here grows without
bound.

It runs in the foreground under its starter, logs to stderr, and announces
itself on stdout when it listens. Two ways to end. The first SIGTERM drains
(`drain.py`): `/healthz` says so at once, clients are told to move to another
backend, requests are answered, until nobody is left or `drain_seconds` are
over. SIGINT, a second SIGTERM or the end of the lifeline end it at once. Then
it stops accepting, tells every connection that is left to come back later, and
closes its links, whereupon the worker starts the sessions' grace periods.
"""

import asyncio
import gc
import logging
import resource
from functools import partial

import structlog
import uvloop
from aiohttp import web

from sagews.backend.access import Access
from sagews.backend.access_log import WithoutBlame
from sagews.backend.accounts.people import People
from sagews.backend.app import App
from sagews.backend.drain import Drain
from sagews.backend.forwarded import Proxies
from sagews.backend.http import HTTP
from sagews.backend.pages import Pages
from sagews.backend.sweeper import Sweeper
from sagews.backend.workers import Workers
from sagews.backend.worksheets.desks import Desks
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.permalinks import Permalinks
from sagews.database.shown import Shown
from sagews.service.access_token import access_token
from sagews.service.announcement import announce_ready
from sagews.service.database_password import watched_password
from sagews.service.listening import BACKLOG, listen
from sagews.service.log import start_log
from sagews.service.readers import Readers, readers
from sagews.service.stopping import first, stop_event

END_DEADLINE = 1.5
"""Seconds that open requests have to finish when the service ends."""

log = structlog.get_logger()


def run(site: Site, *, lifeline: bool) -> None:
    """Serve pages and connections until told to end. Raises SagewsError if it cannot start."""
    start_log("backend")
    _allow_open_files()
    logging.getLogger("aiohttp.server").addFilter(WithoutBlame())
    uvloop.run(_serve(site, lifeline=lifeline))


def _allow_open_files() -> None:
    """Raise the limit on open files to what it may be: each reader has one, and 1,024 is a common default."""
    _, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))


async def _serve(site: Site, *, lifeline: bool) -> None:
    loop = asyncio.get_running_loop()
    draining = asyncio.Event()
    stop = stop_event(loop, lifeline=lifeline, drain=draining)
    drain = Drain(site.backend.drain_seconds)
    pages = Pages()
    listeners = listen(site.backend.host, site.backend.port)
    host, port = site.backend.host, listeners[0].getsockname()[1]
    access = Access(access_token(site.backend_data), port) if readers(site) is Readers.TOKEN else None
    proxies = Proxies(site.backend.trusted_proxies) if site.backend.proxy_protocol else None
    workers = Workers(site)
    database = Database(site, watched_password(site))
    permalinks = Permalinks(database)
    people = People(site, database)
    shelf = Shelf(site, database)
    sweeper = Sweeper(permalinks, people, shelf.workspaces, shelf.packs, Shown(database))
    runner = web.AppRunner(
        App(site, pages, workers, access, permalinks, people, drain, shelf, Desks(site, database, shelf)).web,
        # A caller of /service who goes away ends what he started.
        handler_cancellation=True,
        shutdown_timeout=END_DEADLINE,
    )
    servers: list[asyncio.Server] = []
    try:
        workers.start()
        await runner.setup()
        for listener in listeners:
            servers.append(
                await loop.create_server(partial(HTTP, runner, loop, proxies), sock=listener, backlog=BACKLOG)
            )
        gc.freeze()
        announce_ready(host=host, port=port)
        sweeper.start()
        log.info("backend ready", host=host, port=port, access="loopback" if access is None else "token")
        await first(stop.wait, draining.wait)
        if not stop.is_set():
            log.info("backend drains", seconds=site.backend.drain_seconds)
            await first(stop.wait, drain.run)
        log.info("backend ends")
    finally:
        for server in servers:
            server.close()
        await runner.cleanup()
        await asyncio.gather(sweeper.stop(), shelf.stop())
        await database.close()
        await workers.stop()
