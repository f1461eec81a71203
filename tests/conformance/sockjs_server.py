"""The product's transports with echo behind them, for suites: `python -m tests.conformance.sockjs_server`.

The routes, the doorkeeper, the HTTP side of a connection and all limits are the product's. Set for the suites are:
the four bases that the SockJS protocol suite asks for, and its stream limit of 4,096 bytes; the origins of which it
says that they may ask (`test`, `null`); a plain socket at `/socket`, whose largest message is that of Autobahn's
cases. It prints its port, and ends when its standard input does.
"""

import argparse
import asyncio
import sys
from functools import partial

import uvloop
from aiohttp import web

from sagews.backend.accounts.gate import Gate
from sagews.backend.accounts.known import Known
from sagews.backend.accounts.people import People
from sagews.backend.accounts.presence import Presence
from sagews.backend.accounts.tally import Tally
from sagews.backend.clients import Clients
from sagews.backend.doorkeeper import Doorkeeper
from sagews.backend.framing import PLAIN
from sagews.backend.http import HTTP
from sagews.backend.iframe import IFramePage
from sagews.backend.operators import Operators
from sagews.backend.origin import Origins
from sagews.backend.pages import Pages
from sagews.backend.pulse import EVERY, WITHIN, Pace
from sagews.backend.sockets import Sockets
from sagews.backend.sockjs import SockJS
from sagews.config.backend import Backend
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.protocol import MAX_CONNECTION_MESSAGE
from tests.conformance.echo import close, echo

ORIGINS = ("test", "null")
STREAM_LIMIT = 4096
MAX_RECEIVED = (16 << 20) + 1
"""Autobahn's largest message (case 9.1.6), and one byte over."""


def application(*, compress: bool, pace: Pace) -> web.Application:
    """Return all four bases and the plain socket, behind the doorkeeper."""
    site = Site()
    people = People(site, Database(site))
    known = Known(people.logins, people.tokens)
    gate = Gate(known, Presence(people.logins, known), anonymous=True)
    origins, tally = Origins("127.0.0.1", (), ORIGINS), Tally(people.audit)
    doorkeeper = Doorkeeper(origins, None, Clients(Backend()), Operators(site), gate, tally)
    app = web.Application(middlewares=[doorkeeper.admit], client_max_size=2 * MAX_CONNECTION_MESSAGE)
    echoes = Sockets(echo, compress=compress, max_received=MAX_RECEIVED, pace=pace)
    closes = Sockets(close, compress=compress, pace=pace)
    page = IFramePage(ORIGINS)
    bases = [
        SockJS(app, echo, echoes.serve, page, prefix="/echo", stream_limit=STREAM_LIMIT),
        SockJS(app, echo, echoes.serve, page, prefix="/disabled_websocket_echo", websocket=False),
        SockJS(app, echo, echoes.serve, page, prefix="/cookie_needed_echo", jsessionid=True),
        SockJS(app, close, closes.serve, page, prefix="/close"),
    ]
    app.add_routes([*Pages().routes(), web.get("/socket", lambda request: echoes.serve(request, PLAIN))])
    for base in bases:
        app.add_routes(base.routes())
    app.on_response_prepare.append(doorkeeper.guard)
    return app


async def serve(port: int, *, compress: bool, pace: Pace) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    runner = web.AppRunner(application(compress=compress, pace=pace), handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    server = await loop.create_server(partial(HTTP, runner, loop), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--compress", action="store_true", help="let sockets compress, as where readers are afar")
    parser.add_argument("--ping-every", type=float, default=EVERY)
    parser.add_argument("--pong-within", type=float, default=WITHIN)
    given = parser.parse_args()
    pace = Pace(every=given.ping_every, within=given.pong_within)
    uvloop.run(serve(given.port, compress=given.compress, pace=pace))


if __name__ == "__main__":
    main()
