"""The site's other backends, asked what they say of themselves."""

import asyncio

import aiohttp
import msgspec
import structlog

from sagews.backend.status.record import BackendWord
from sagews.config.address import TCPAddress

DEADLINE = 2.0
"""Seconds in which a neighbour has to answer."""
LONGEST = 1 << 20
"""Bytes of an answer; one has about thirty thousand."""

log = structlog.get_logger()


class Neighbours:
    """Asks all of them at once."""

    def __init__(self, addresses: list[tuple[str, TCPAddress]], token: str) -> None:
        """Each has a name and an address; `token` is the site's access token, or empty."""
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def ask(self) -> list[BackendWord]:
        """Return their words, in order; of one that cannot be asked, that it is away."""
        if not self._addresses:
            return []
        timeout = aiohttp.ClientTimeout(total=DEADLINE)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._headers, trust_env=False) as client:
            return list(await asyncio.gather(*(self._ask(client, *each) for each in self._addresses)))

    async def _ask(self, client: aiohttp.ClientSession, name: str, address: TCPAddress) -> BackendWord:
        try:
            async with client.get(f"http://{address}/status.json?alone", allow_redirects=False) as answer:
                answer.raise_for_status()
                body = await answer.content.read(LONGEST)
                return msgspec.json.decode(body, type=BackendWord)
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
            log.info("neighbour cannot be asked", backend=name, error=type(error).__name__)
            return BackendWord(name=name, state="away")
