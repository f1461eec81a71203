"""`POST /ticket`: a ticket for whoever has passed the doorkeeper."""

from aiohttp import web

from sagews.backend.doorkeeper import plain
from sagews.backend.rates import TICKETS, Rates
from sagews.backend.reader import reader_of
from sagews.backend.tickets import LIFE, Tickets
from sagews.protocol.json_requests import RefusedRequest


class TicketOffice:
    """Gives tickets out."""

    def __init__(self, tickets: Tickets, rates: Rates) -> None:
        self._tickets = tickets
        self._rates = rates

    def routes(self) -> list[web.RouteDef]:
        """Return the one route."""
        return [web.post("/ticket", self._serve)]

    async def _serve(self, request: web.Request) -> web.Response:
        reader = reader_of(request)
        try:
            await self._rates.take(TICKETS, reader)
        except RefusedRequest as refused:
            return plain(429, f"{refused}.", {"Retry-After": str(refused.retry_after)})
        answer = {"ticket": self._tickets.issue(reader), "expires_in": LIFE}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})
