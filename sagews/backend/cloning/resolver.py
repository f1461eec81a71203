"""Finds the addresses of a host, and lets nobody connect to one that may not be: what was looked at is what is used."""

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from sagews.backend.cloning.address import check_address

RESOLVING = 10.0
"""Seconds in which a name has to be known."""


class PublicResolver(AbstractResolver):
    """Finds public addresses, or any of a host that an operator has named."""

    def __init__(self, *, is_trusted: bool) -> None:
        self._is_trusted = is_trusted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return its addresses. Raises OSError if there are none, WorkspaceError if one of them is not public."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(RESOLVING):
            found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        if not self._is_trusted:
            for *_, address in found:
                check_address(str(address[0]))
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=flags)
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is kept."""
