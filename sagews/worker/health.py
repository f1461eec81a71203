"""The worker's own `/healthz` for balancers and `/metrics` for Prometheus, on an address of their own."""

from collections import Counter
from collections.abc import Collection

from aiohttp import web

import sagews
from sagews.config.address import TCPAddress
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name
from sagews.worker.link import Link
from sagews.worker.supervisor import Supervisor

OPEN_STATES = frozenset({pb.WORKER_STATE_READY, pb.WORKER_STATE_FULL})


class Health:
    """Answers both."""

    def __init__(self, supervisor: Supervisor, links: Collection[Link]) -> None:
        self._supervisor = supervisor
        self._links = links
        self._runner: web.AppRunner | None = None

    async def listen(self, address: TCPAddress) -> int:
        """Begin to answer; return the port. Raises ServiceError if the address cannot be listened on."""
        app = web.Application()
        app.add_routes([web.get("/healthz", self._health), web.get("/metrics", self._exposition)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, address.host, address.port)
        try:
            await site.start()
        except OSError as error:
            raise ServiceError(
                f"cannot be listened on ({error.strerror})", str(address), "change setting 'worker.metrics'"
            ) from error
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Answer no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, request: web.Request) -> web.Response:
        status = self._supervisor.admission.status()
        health = {
            "status": enum_name(pb.WorkerState, status.state),
            "software": sagews.__version__,
            "worker": self._supervisor.name,
            "sessions": status.load.sessions,
            "places": status.load.places,
        }
        return web.json_response(health, status=200 if status.state in OPEN_STATES else 503)

    async def _exposition(self, request: web.Request) -> web.Response:
        body = self._supervisor.metrics.exposition(
            self._supervisor.admission.status(),
            self._supervisor.doings(),
            Counter(link.role for link in self._links),
        )
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
