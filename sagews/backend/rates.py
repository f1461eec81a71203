"""How often somebody may ask: counted for each address, account and token.

Counting is by a sliding window: what was asked in the window before counts
for the part of it that is less than a window ago. Whoever is past a limit is
refused, and told when to try again; a refusal costs them nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sagews.backend.metrics import Metrics
from sagews.backend.quotas import Counted, Quotas
from sagews.backend.reader import Reader
from sagews.backend.tickets import Tickets
from sagews.config.site import Site
from sagews.database.logins import TOKEN
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from sagews.service.readers import Readers, readers

if TYPE_CHECKING:
    from sagews.backend.counting import Counting
    from sagews.backend.memcached import Memcached

EVALUATIONS, SESSIONS, TICKETS, PERMALINKS = "evaluations", "sessions", "tickets", "permalinks"
SIGN_INS, WORKSPACES = "sign_ins", "workspaces"
WORKSHEETS, EDITS = "worksheets", "edits"
"""What is counted."""


class Rates:
    """Counts what readers ask for, and refuses what is too much."""

    def __init__(
        self,
        site: Site,
        tickets: Tickets,
        metrics: Metrics,
        memcached: "Memcached | None" = None,
        quotas: Quotas | None = None,
    ) -> None:
        """`memcached`: where all backends of the site count together, as long as it can be reached.

        `quotas`: None where nothing is evaluated.
        """
        self._quotas = quotas
        self._tickets = tickets
        self._metrics = metrics
        self._counting = _counting(site, memcached)

    async def take(self, kind: str, reader: Reader) -> Counted:
        """Count one of a kind for a reader; return what came of it, of an evaluation.

        From then on it is known what the reader may have. Raises RefusedRequest, with `retry_after`, if that is one
        too many.
        """
        await self._take_rates(kind, reader)
        if self._quotas is None or kind not in (EVALUATIONS, SESSIONS):
            return Counted()
        if kind == SESSIONS:
            await self.learn(reader)
            return Counted()
        try:
            return await self._quotas.count(reader)
        except RefusedRequest:
            self._metrics.rates_exceeded.labels(kind).inc()
            raise

    def give_back(self, counted: Counted) -> None:
        """Take an evaluation off its reader's quota, because it was refused; off the rates nothing is taken."""
        if self._quotas is not None:
            self._quotas.give_back(counted)

    async def near(self, reader: Reader) -> str:
        """Return what to tell a reader of a quota that is nearly used; empty if none is."""
        return await self._quotas.near(reader) if self._quotas is not None else ""

    async def learn(self, reader: Reader) -> None:
        """Have it known what a reader may have."""
        if self._quotas is not None:
            await self._quotas.learn(reader.name)

    async def _take_rates(self, kind: str, reader: Reader) -> None:
        if self._counting is None:
            return
        for what, who in _identities(reader):
            # Counters may be kept where others can look.
            name = self._tickets.pseudonym(f"{what} {who}")
            if (exceeded := await self._counting.count(f"{kind}_per_{what}", name)) is not None:
                self._metrics.rates_exceeded.labels(kind).inc()
                raise _too_many(kind, what, *exceeded)


def _counting(site: Site, memcached: "Memcached | None") -> "Counting | None":
    """Return what counts against the rates of a site; None where none hold."""
    if not site.rates.owner and readers(site) is Readers.OWNER:
        return None
    # Not on the way of a laptop's start.
    from sagews.backend.counting import Counting

    return Counting(site.rates, memcached)


def _identities(reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield as what a reader is counted, the narrowest first."""
    if reader.login.startswith(TOKEN):
        yield "token", reader.login.removeprefix(TOKEN)
    kind, _, identity = reader.subject.partition(":")
    if identity:
        yield kind, identity
    if reader.address:
        yield "address", reader.network


def _too_many(kind: str, what: str, limit: str, seconds: int) -> RefusedRequest:
    return RefusedRequest(
        pb.FAILURE_CODE_TOO_MANY,
        f"is past its limit of {limit} for {kind}",
        f"your {what}",
        f"try again in {seconds} s",
        retry_after=seconds,
    )
