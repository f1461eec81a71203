"""`/healthz` for balancers, `/metrics` for Prometheus."""

import asyncio

from aiohttp import web

import sagews
from sagews.backend.links import Links
from sagews.backend.metrics import Metrics
from sagews.backend.sessions import Sessions
from sagews.errors import ServiceError

DEADLINE = 2.0
"""Seconds in which the worker must answer."""


class Health:
    """Says whether evaluations can be served, and how many are."""

    def __init__(self, links: Links, sessions: Sessions, metrics: Metrics) -> None:
        self._links = links
        self._sessions = sessions
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """Return the two routes."""
        return [web.get("/healthz", self._health), web.get("/metrics", self._exposition)]

    async def _health(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(DEADLINE):
                await self._links.reach()
        except (ServiceError, TimeoutError):
            return web.json_response(
                {"status": "unavailable", "software": sagews.__version__, "what": "no worker can be reached"},
                status=503,
            )
        return web.json_response({"status": "ok", "software": sagews.__version__})

    async def _exposition(self, request: web.Request) -> web.Response:
        self._metrics.sessions.set(len(self._sessions))
        return web.Response(
            body=self._metrics.exposition(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )
