"""Whether services answer that say nothing of themselves: balancers, databases, caches."""

import asyncio
import ssl
from pathlib import Path

from sagews.config.placement import LOOPBACK, Placed, placed, socket_directory
from sagews.config.servers import comers, is_shared, memcached_address
from sagews.config.site import Site

DEADLINE = 1.0
"""Seconds that a connection may take."""
TALKING = frozenset({"backend", "worker", "logwatch"})
"""Kinds that are not tried: they tell their state themselves, or listen nowhere."""
FRONT = frozenset({"haproxy", "stunnel"})
"""Kinds that listen where the settings of the balancer say."""
ANYBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Speaks TLS with whatever certificate: whoever only connects to a stunnel is an error in its log."""
ANYBODY.check_hostname, ANYBODY.verify_mode = False, ssl.CERT_NONE


class Probe:
    """Tries the other services of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.services = placed(site) if site.machine else []
        """All services of the site; none if it is a lone backend with its workers."""
        own = next((each for each in self.services if each.name == site.backend.name), None)
        self._machine = None if own is None else own.machine

    async def answering(self) -> dict[str, bool]:
        """Return the name of each service that can be tried, and whether it takes a connection."""
        tried = [each for each in self.services if each.kind not in TALKING and self._can_be_reached(each)]
        answers = await asyncio.gather(*(self._answers(each) for each in tried))
        return {each.name: answer for each, answer in zip(tried, answers, strict=True)}

    def _can_be_reached(self, service: Placed) -> bool:
        shared = {
            "haproxy": True,
            "postgresql": bool(comers(self.services)),
            "memcached": is_shared(self.services, service),
        }
        return service.machine is self._machine or shared.get(service.kind, False)

    async def _answers(self, service: Placed) -> bool:
        try:
            async with asyncio.timeout(DEADLINE):
                _, writer = await self._connect(service)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def _connect(self, service: Placed) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        near = service.machine is self._machine
        if service.kind == "postgresql" and near:
            return await asyncio.open_unix_connection(_socket(self._site))
        if service.kind == "memcached":
            address = memcached_address(self.services, service)
            return await asyncio.open_connection(address.host, address.port)
        host = LOOPBACK if near else service.machine.address
        if service.kind in FRONT and self._site.haproxy.host not in ("*", "0.0.0.0", "::"):  # noqa: S104
            host = self._site.haproxy.host
        tls = ANYBODY if service.kind == "stunnel" else None
        return await asyncio.open_connection(host, service.port, ssl=tls)


def _socket(site: Site) -> Path:
    return socket_directory(site) / f".s.PGSQL.{site.postgresql.port}"
