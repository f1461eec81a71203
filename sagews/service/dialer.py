"""Connects to a worker: over its Unix socket, or over TLS to another machine."""

import asyncio
import errno
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sagews.config.address import TCPAddress
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.service.keepalive import keep_alive
from sagews.service.link_token import LinkToken
from sagews.service.tls import backend_tls, said
from sagews.service.watched import Watched

DEADLINE = 5.0
"""Seconds for connecting and for the handshake, each."""

P = TypeVar("P", bound=asyncio.BaseProtocol)


class NobodyListensError(ServiceError):
    """The system says that no process listens there: the worker that did has ended, and its sessions with it."""


class Dialer:
    """The way to one worker, with what is shown on it."""

    def __init__(self, site: Site, address: Path | TCPAddress) -> None:
        """Read certificates and token if the worker is on another machine. Raises ConfigurationError."""
        self._address = address
        self._tls: Watched[ssl.SSLContext] | None = None
        self._token: LinkToken | None = None
        if isinstance(address, TCPAddress):
            self._tls = backend_tls(site)
            self._token = LinkToken(site.link_file("token"))

    def __str__(self) -> str:
        return f"worker at {self._address}"

    def token(self) -> bytes:
        """Return what Hello shows; nothing on a Unix socket."""
        return b"" if self._token is None else self._token.newest()

    async def connect(self, make: Callable[[], P]) -> P:
        """Return a new protocol that is connected.

        Raises ServiceError if the worker cannot be reached, NobodyListensError where that is certain to be its end.
        """
        try:
            async with asyncio.timeout(2 * DEADLINE):
                if isinstance(self._address, Path):
                    return await self._over_unix(self._address, make)
                return await self._over_tls(self._address, make)
        except ssl.SSLError as error:
            raise ServiceError(said(error), str(self), "see that both have certificates of one authority") from error
        except (OSError, TimeoutError) as error:
            why = f" ({error.strerror})" if getattr(error, "strerror", None) else ""
            kind = NobodyListensError if _nobody_listens(error) else ServiceError
            raise kind(f"cannot be reached{why}", str(self), "see the worker's log") from error

    async def _over_unix(self, path: Path, make: Callable[[], P]) -> P:
        _, protocol = await asyncio.get_running_loop().create_unix_connection(make, str(path))
        return protocol

    async def _over_tls(self, address: TCPAddress, make: Callable[[], P]) -> P:
        assert self._tls is not None
        transport, protocol = await asyncio.get_running_loop().create_connection(
            make, address.host, address.port, ssl=self._tls.get(), ssl_handshake_timeout=DEADLINE
        )
        keep_alive(transport.get_extra_info("socket"))
        return protocol


def _nobody_listens(error: OSError) -> bool:
    """Whether a connection could not be made because no process listens there."""
    if isinstance(error, ConnectionRefusedError | FileNotFoundError):
        return True
    # Where a name has several addresses, asyncio tells what came of each in one text.
    numbers = re.findall(r"\[Errno (\d+)\]", str(error))
    return bool(numbers) and all(int(number) == errno.ECONNREFUSED for number in numbers)
