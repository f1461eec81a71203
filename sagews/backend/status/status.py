"""The routes `/status` and `/status.json`: all that is known of the site, gathered when somebody asks."""

import asyncio
from contextlib import suppress

import msgspec
from aiohttp import web

import sagews
from sagews.backend import headers
from sagews.backend.drain import Drain
from sagews.backend.metrics import Metrics
from sagews.backend.reader import reader_of
from sagews.backend.status.neighbours import Neighbours
from sagews.backend.status.page import page
from sagews.backend.status.probe import Probe
from sagews.backend.status.record import EVERY, Record
from sagews.backend.status.report import Report, report
from sagews.backend.style import Style
from sagews.backend.workers import Workers
from sagews.config.address import parse_tcp_address
from sagews.config.site import Site

REACH = 1.0
"""Seconds in which a worker must have been reached."""


class Status:
    """Keeps the record of this backend, and shows that of all."""

    def __init__(
        self, site: Site, workers: Workers, drain: Drain, metrics: Metrics, *, token: str, style: Style
    ) -> None:
        """`token` opens the site's other backends, if they ask for one; `style` is that of the page."""
        self._workers = workers
        self._style = style
        self._record = Record(site.backend.name, workers, drain, metrics.sample)
        addresses = [
            (name, parse_tcp_address(text, "setting 'backend.neighbours'"))
            for name, text in site.backend.neighbours.items()
        ]
        self._neighbours = Neighbours(addresses, token)
        self._probe = Probe(site)
        self._keeper: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get("/status", self._serve_page), web.get("/status.json", self._serve_json)]

    async def start(self, app: web.Application) -> None:
        """Begin to take samples."""
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self, app: web.Application) -> None:
        """Take no more."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    async def _keep(self) -> None:
        while True:
            self._record.take()
            await asyncio.sleep(EVERY)

    async def _serve_page(self, request: web.Request) -> web.Response:
        still = "still" in request.query
        found = await self._gather()
        isolations = [worker.isolation for worker in self._workers.all]
        return web.Response(
            text=page(found, isolations, self._style.seen_by(reader_of(request)), still=still),
            content_type="text/html",
            charset="utf-8",
            headers=headers.text_headers(),
        )

    async def _serve_json(self, request: web.Request) -> web.Response:
        said = self._record.own() if "alone" in request.query else await self._gather()
        return web.Response(body=msgspec.json.encode(said), content_type="application/json")

    async def _gather(self) -> Report:
        await self._workers.reach(REACH)
        others, answering = await asyncio.gather(self._neighbours.ask(), self._probe.answering())
        backends = sorted([self._record.own(), *others], key=lambda word: (len(word.name), word.name))
        return report(sagews.__version__, backends, self._record.workers(), self._probe.services, answering)
