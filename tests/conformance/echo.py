"""What stands behind the transports in the suites: echo, and a service that closes at once."""

import asyncio

from aiohttp import web

from sagews.backend.outlet import Outlet


class Echo:
    """Gives every message back."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._drained = asyncio.Event()

    async def receive(self, text: str) -> None:
        await self._send(text)

    async def receive_binary(self, data: bytes) -> None:
        await self._send(data)

    async def _send(self, message: str | bytes) -> None:
        self._outlet.send(message)  # type: ignore[arg-type]  # only a Socket, which takes bytes, gives any
        while self._outlet.congested:
            self._drained.clear()
            await self._drained.wait()

    def drained(self) -> None:
        self._drained.set()

    def close(self) -> None:
        self._drained.set()


def echo(outlet: Outlet, request: web.Request) -> Echo:
    """Serve one client."""
    return Echo(outlet)


def close(outlet: Outlet, request: web.Request) -> Echo:
    """Serve one client, who is told to go."""
    # Not at once: the suite's client (ws4py 0.5.1) breaks on a frame that comes together with the handshake's answer.
    asyncio.get_running_loop().call_later(0.1, outlet.close, 3000, "Go away!")
    return Echo(outlet)
