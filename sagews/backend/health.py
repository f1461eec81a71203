"""`/healthz` for balancers, `/metrics` for Prometheus."""

from aiohttp import web

import sagews
from sagews.backend.drain import Drain
from sagews.backend.entrance import Entrance
from sagews.backend.metrics import Metrics
from sagews.backend.worker import Worker
from sagews.backend.workers import Workers

DEADLINE = 2.0
"""Seconds in which a worker must be in reach, while none is."""


class Health:
    """Says whether evaluations can be served, and how many are."""

    def __init__(self, workers: Workers, entrance: Entrance, drain: Drain, metrics: Metrics) -> None:
        self._workers = workers
        self._entrance = entrance
        self._drain = drain
        self._metrics = metrics

    async def health(self) -> web.Response:
        """Answer `/healthz`."""
        if not self._drain.begun:
            await self._workers.reach(DEADLINE)
        workers = [_word(worker) for worker in self._workers.all]
        reached = any(worker.is_in_reach for worker in self._workers.all)
        status = "draining" if self._drain.begun else "ok" if reached else "unavailable"
        health = {
            "status": status,
            "software": sagews.__version__,
            "workers": workers,
            "waiting": self._entrance.waiting,
        }
        if status != "ok":
            health["what"] = "this backend is being emptied" if reached else "no worker can be reached"
        return web.json_response(health, status=200 if status == "ok" else 503)

    async def exposition(self) -> web.Response:
        """Answer `/metrics`."""
        self._metrics.workers(
            (worker.name, worker.state, None if worker.status is None or worker.is_namesake else worker.status.load)
            for worker in self._workers.all
        )
        return web.Response(
            body=self._metrics.exposition(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )


def _word(worker: Worker) -> dict[str, object]:
    """Return what balancers and operators may know of a worker: not where it is."""
    word: dict[str, object] = {"worker": worker.name, "state": worker.state}
    if worker.status is not None:
        word |= {"sessions": worker.status.load.sessions, "places": worker.status.load.places}
    return word
