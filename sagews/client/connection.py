"""One WebSocket to a backend: messages out, events in, and a clear error when there is none.

It takes two steps: a ticket by HTTP, and a socket whose first message shows
it. Both go over one TCP connection.

A connection that says nothing for SILENCE seconds is dead, whatever TCP
believes: the server sends a heartbeat every 15 s.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import aiohttp
import msgspec

from sagews import __version__
from sagews.client.address import Address
from sagews.client.events import Event, Failure, Welcome, decode
from sagews.client.files import Files
from sagews.errors import ProtocolError, ServiceError

CONNECT_DEADLINE = 10.0
"""Seconds until the server has said welcome."""
SILENCE = 45.0
"""Seconds without a message after which the connection counts as dead."""
MAX_MESSAGE = 128 << 20
"""Bytes of one message: the largest output body, with every character escaped."""

Json = dict[str, Any]


class _Ticket(msgspec.Struct, frozen=True):
    """What a site answers to POST /ticket, as far as it is of use here."""

    ticket: str


class RefusedError(ServiceError):
    """The server is there and will not have us; trying again does not help."""


class SiteRoute:
    """Leads to the backends of a site, each in its turn; see `route.Route`."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        """Take one or more; each time another one is tried first."""
        self._addresses = list(addresses)
        self._address = self._addresses[0]
        """That of the newest connection."""
        self._http: aiohttp.ClientSession | None = None

    def __str__(self) -> str:
        return str(self._address)

    async def connect(self) -> "Connection":
        """Return a new connection, to the first backend that takes it. Raises RefusedError or ServiceError."""
        if self._http is None:
            self._http = aiohttp.ClientSession(
                headers={"User-Agent": f"sagews/{__version__}"}, timeout=aiohttp.ClientTimeout(total=None)
            )
        errors: list[ServiceError] = []
        for _ in range(len(self._addresses)):
            address = self._addresses[0]
            # Whatever comes of it, the next time begins with the next one.
            self._addresses.append(self._addresses.pop(0))
            try:
                connection = await Connection.open(self._http, address)
            except ServiceError as error:
                errors.append(error)
            else:
                self._address = address
                return connection
        raise next((error for error in errors if not isinstance(error, RefusedError)), errors[0])

    def files(self) -> Files:
        """Return the way that files take: HTTP, beside the connections."""
        assert self._http is not None, "not connected"
        return Files(self._http, self._address)

    async def close(self) -> None:
        """Close what the connections shared."""
        if self._http is not None:
            await self._http.close()


class Connection:
    """An open WebSocket; see `route.Line`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, welcome: Welcome) -> None:
        self.welcome = welcome
        self._socket = socket
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, address: Address) -> "Connection":
        """Connect and wait for the server's welcome.

        Raises RefusedError if the server refuses, ServiceError if it cannot be reached.
        """
        try:
            async with asyncio.timeout(CONNECT_DEADLINE):
                headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
                ticket = await _ticket(http, address, headers)
                socket = await http.ws_connect(address.socket, headers=headers, max_msg_size=MAX_MESSAGE)
                try:
                    await socket.send_str(json.dumps({"kind": "hello", "ticket": ticket}))
                    return cls(socket, await _welcome(socket, address))
                except BaseException:
                    await socket.close()
                    raise
        except TimeoutError:
            raise _unreachable(address, f"does not answer within {CONNECT_DEADLINE:.0f} s") from None
        except aiohttp.WSServerHandshakeError as error:
            raise _refused(address, error.status) from error
        except aiohttp.ClientConnectorError as error:
            raise _unreachable(address, f"cannot be reached ({_reason(error.os_error)})") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(address, f"cannot be reached ({error})") from error

    def send(self, message: Json) -> None:
        """Queue a message; it is lost if the connection is."""
        # ASCII alone, so that even half a surrogate pair arrives, and is refused in words.
        self._outbox.put_nowait(json.dumps(message))

    async def events(self) -> AsyncIterator[Event]:
        """Yield what the server tells, until the connection ends. Raises ProtocolError for nonsense."""
        while True:
            try:
                message = await self._socket.receive(timeout=SILENCE)
            except TimeoutError:
                return
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                return
            if (event := decode(message.data)) is not None:
                yield event

    async def close(self) -> None:
        """Send what is queued, if the connection stands still, then close."""
        if not self._writer.done():
            with suppress(TimeoutError, aiohttp.ClientError, OSError):
                async with asyncio.timeout(1):
                    await self._outbox.join()
        self._writer.cancel()
        with suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(2):
                await self._socket.close()

    async def _write(self) -> None:
        try:
            while True:
                text = await self._outbox.get()
                await self._socket.send_str(text)
                self._outbox.task_done()
        except (aiohttp.ClientError, OSError, RuntimeError):
            await self._socket.close()


async def _ticket(http: aiohttp.ClientSession, address: Address, headers: dict[str, str]) -> str:
    async with http.post(address.ticket, headers=headers, allow_redirects=False) as response:
        if response.status != 200:
            raise _refused(address, response.status)
        answer = await response.read()
    try:
        return msgspec.json.decode(answer, type=_Ticket).ticket
    except msgspec.DecodeError as error:
        raise _no_site(address) from error


async def _welcome(socket: aiohttp.ClientWebSocketResponse, address: Address) -> Welcome:
    message = await socket.receive()
    if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        raise _unreachable(address, "closed the connection before it said welcome")
    try:
        event = decode(message.data)
    except ProtocolError:
        event = None
    if isinstance(event, Failure):
        # A ticket that was good a moment ago: a new one may be better.
        refusal = ServiceError if event.code == "wrong_ticket" else RefusedError
        raise refusal(event.what, event.noun or str(address), event.hint)
    if not isinstance(event, Welcome):
        raise _no_site(address)
    return event


def _no_site(address: Address) -> RefusedError:
    return RefusedError("does not speak as a sagews site does", str(address), "check the address")


def _refused(address: Address, status: int) -> ServiceError:
    if status in (401, 403):
        hint = "give its address with the ?token= that its start prints, or set SAGEWS_TOKEN"
        return RefusedError(f"refused the connection (HTTP {status})", str(address), hint)
    if status >= 500 or status == 429:
        return _unreachable(address, f"cannot serve now (HTTP {status})")
    return RefusedError(f"is not a sagews site (HTTP {status})", str(address), "check the address")


def _reason(error: OSError) -> str:
    """Return the system's own words; asyncio's speak of calls and tuples."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)


def _unreachable(address: Address, what: str) -> ServiceError:
    return ServiceError(what, str(address), "see that the site runs (`sagews serve`) and check the address")
