"""The routes of a sign-in behind the real doorkeeper, on a free port of this machine.

What lets people in is another part's work: here whoever is let in is told what
the provider has said, as JSON, and where they go on to.
"""

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from sagews.backend.accounts.gate import Gate
from sagews.backend.accounts.known import Known
from sagews.backend.accounts.people import People
from sagews.backend.accounts.presence import Presence
from sagews.backend.accounts.tally import Tally
from sagews.backend.clients import Clients
from sagews.backend.doorkeeper import Doorkeeper, Handler
from sagews.backend.http import HTTP
from sagews.backend.metrics import Metrics
from sagews.backend.operators import Operators
from sagews.backend.origin import Origins
from sagews.backend.rates import Rates
from sagews.backend.reader import READER, reader_of
from sagews.backend.sign_in.flow import Flow
from sagews.backend.sign_in.outgoing import Outgoing
from sagews.backend.sign_in.provider import Provider
from sagews.backend.sign_in.providers import providers_of
from sagews.backend.sign_in.refused import Refused, Why
from sagews.backend.sign_in.routes import SignIn
from sagews.backend.style import Style
from sagews.backend.tickets import Tickets
from sagews.config.backend import Backend
from sagews.config.provider import Provider as Settings
from sagews.config.rates import Rates as RateSettings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.registration import Claims
from tests.unit.backend.sign_in.in_memory import InMemory

ACCOUNT = "account"
"""A cookie of tests alone: who is signed in."""

QUIETLY = pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")
"""Mark of tests that have a front in their own process: the keys of the doorkeeper are plain texts."""

PROGRAM = "X-Program"
"""A header of tests alone: it is a program of theirs."""

STYLE = Style("/static/reference.css", "/static/dark.css")

Make = Callable[[Outgoing], Mapping[str, Provider]]


@dataclass
class Front:
    """One running front, and who has come in by it."""

    url: str
    store: InMemory
    metrics: Metrics
    admitted: list[tuple[Claims, Flow]] = field(default_factory=list)
    noted: list[tuple[str, Why]] = field(default_factory=list)
    """Sign-ins that were begun here and came to nothing."""

    def count(self, provider: str, outcome: str) -> int:
        """Return how many sign-ins have come to something."""
        return int(self.metrics.sign_ins.labels(provider, outcome)._value.get())


def listening() -> socket.socket:
    """Return a socket on a free port, by which an address is known before anything serves it."""
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


def address_of(sock: socket.socket) -> str:
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


@asynccontextmanager
async def running_front(
    sock: socket.socket,
    data: str,
    *providers: Settings,
    make: Make | None = None,
    deadline: float = 10.0,
    rates: Mapping[str, str] | None = None,
    store: InMemory | None = None,
) -> AsyncIterator[Front]:
    """Serve on a socket, with these providers, or those that `make` returns."""
    site = Site(
        data_directory=data,
        provider=list(providers),
        rates=RateSettings(**(rates or {})),
        backend=Backend(hosts=["math.example.org"], trusted_proxies=["127.0.0.1"]),
    )
    outgoing = Outgoing(deadline)
    front = Front(address_of(sock), store or InMemory(), Metrics())

    async def admit(request: web.Request, claims: Claims, flow: Flow) -> web.Response:
        front.admitted.append((claims, flow))
        return web.json_response(
            {"claims": dataclasses.asdict(claims), "next": flow.next, "account": flow.account, "by": flow.invitation}
        )

    async def note(request: web.Request, provider: str, refused: Refused) -> None:
        front.noted.append((provider, refused.why))

    tickets = Tickets(site.backend_data)
    found = make(outgoing) if make is not None else providers_of(site, outgoing)
    counted = Rates(site, tickets, front.metrics)
    sign_in = SignIn(found, outgoing, front.store, admit, front.metrics, counted, STYLE, note)
    origins = Origins(site.backend.host, site.backend.hosts, site.backend.origins)
    people = People(site, Database(site))
    known = Known(people.logins, people.tokens)
    gate = Gate(known, Presence(people.logins, known), anonymous=True)
    doorkeeper = Doorkeeper(origins, None, Clients(site.backend), Operators(site), gate, Tally(people.audit))
    app = web.Application(middlewares=[doorkeeper.admit, _signed_in])
    app.add_routes(sign_in.routes())
    app.on_response_prepare.append(doorkeeper.guard)
    app.on_cleanup.append(sign_in.close)
    runner = web.AppRunner(app)
    await runner.setup()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HTTP(runner, loop), sock=sock)
    try:
        yield front
    finally:
        server.close()
        await runner.cleanup()


@web.middleware
async def _signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    if account := request.cookies.get(ACCOUNT):
        # A program that shows an API token of somebody's is them, but has no login.
        login = "" if PROGRAM in request.headers else "login-1"
        request[READER] = dataclasses.replace(reader_of(request), subject=f"account:{account}", login=login)
    return await handler(request)
