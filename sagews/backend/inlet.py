"""What stands behind a transport, for the transport: the counterpart of `outlet.Outlet`."""

from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from sagews.backend.outlet import Outlet


class Inlet(Protocol):
    """The receiving side of a connection."""

    async def receive(self, text: str) -> None:
        """Act on one message; the next is read when this returns."""

    async def receive_binary(self, data: bytes) -> None:
        """Act on a message that is no text."""

    def drained(self) -> None:
        """Know that the transport is behind no longer."""

    def close(self) -> None:
        """Let go of everything: the client is gone."""


Connect = Callable[[Outlet, web.Request], Inlet]
"""Gives a new client, whose first request this is, what answers it."""
