"""What the site says of itself, to programs: its version, its health, its figures."""

from aiohttp import web

import sagews
from sagews.backend.api.answers import Health, Version
from sagews.backend.api.form import JSON
from sagews.backend.api.route import Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.health import Health as Checks
from sagews.backend.workers import Workers
from sagews.config.site import Site
from sagews.protocol.json_events import encode

API = "1"


class About:
    """Answers what is about the site."""

    def __init__(self, site: Site, workers: Workers, checks: Checks) -> None:
        self._environments = [environment.name for environment in site.environment]
        self._workers = workers
        self._checks = checks

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(
                method="GET",
                path="/api/v1/version",
                name="version",
                summary="See which version answers",
                text="",
                serve=self._version,
                replies=(Reply(200, "The version.", Version),),
            ),
            Route(
                method="GET",
                path="/healthz",
                name="health",
                summary="See whether evaluations can be served",
                text="For balancers; it asks for no access token.",
                query=None,
                serve=lambda asked: self._checks.health(),
                replies=(
                    Reply(200, "They can.", Health),
                    Reply(503, "No worker can be reached, or the backend is being emptied.", Health),
                ),
            ),
            Route(
                method="GET",
                path="/metrics",
                name="metrics",
                summary="Read counts and times",
                text="In Prometheus's text format; nothing of who or what.",
                query=None,
                serve=lambda asked: self._checks.exposition(),
                replies=(Reply(200, "They are these.", media=("text/plain",)),),
            ),
        ]

    async def _version(self, asked: Asked[None, Nothing]) -> web.Response:
        said = {
            "software": sagews.__version__,
            "api": API,
            "environments": self._environments,
            "languages": self._workers.languages,
        }
        return web.Response(text=encode(said), content_type=JSON)
