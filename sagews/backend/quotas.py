"""How much one person may have of a site, and how much of it is used.

What is at hand of an account is asked of the database, and remembered for a
moment: its role, and quotas that are its own. Evaluations of a day are counted
there, so that all backends count together and a start forgets nothing. Sessions
are counted by the workers (`sagews/worker/shares.py`), who tell of them.

While the database is away nothing is counted and nobody is kept from
evaluating: who is counted has done nothing wrong. One slow answer lets that
one evaluation pass, and no other.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import structlog

from sagews.backend.languages.speech import number
from sagews.backend.languages.speech import say as _
from sagews.backend.metrics import Metrics
from sagews.backend.reader import ACCOUNT, Reader
from sagews.backend.workers import Workers
from sagews.config.quotas import LIMITS, Quota
from sagews.config.site import Site
from sagews.database.quotas import Own, OwnQuotas
from sagews.database.usage import DAY, Usage, today
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from sagews.service.counting import counted_as

FRESH = 5.0
"""Seconds for which the quotas of an account are not asked again."""
PATIENCE = 1.0
"""Seconds that a reader waits for the database to count."""
PAUSE = 5.0
"""Seconds for which it is not asked again after it could not be reached."""
TOLD_EVERY = 60.0
"""Seconds between two lines of the log on evaluations that are not counted."""
NEAR = 0.8
"""Part of a quota from which on its reader is told."""
MOST_KNOWN = 10_000
"""Accounts that are remembered."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may have, and what of it is used."""

    quota: Quota
    sessions: int = 0
    """Now; counted only where there is a quota."""
    evaluations: int = 0
    """Of today; counted only where there is a quota."""
    storage: int = 0
    """Bytes that the workspaces of an account take up; counted only where there is a quota."""

    @property
    def near(self) -> str:
        """What to tell the person of a quota that is nearly used, in the language of the task; empty if none is."""
        most = self.quota.evaluations
        if not most or self.evaluations < NEAR * most:
            return ""
        text = _("{used} of {most} evaluations of today used; anew at 00:00 UTC.")
        return text.format(used=number(self.evaluations), most=number(most))


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of what an account may have and has used."""

    quota: Quota
    own: Mapping[str, float]
    """Of it, what is this account's own, by name."""
    sessions: int
    """Now; counted only where there is a quota."""
    evaluations: Mapping[int, int]
    """By day, in days since the epoch; counted only where there is a quota."""


@dataclass(slots=True)
class Counted:
    """What came of counting an evaluation."""

    who: str = ""
    """As whom the database counted it; empty: it did not."""
    day: int = 0
    near: str = ""
    """What to tell of a quota that is nearly used; mostly nothing."""

    def keep(self) -> None:
        """Have it stay counted, because it is run or may be: nothing can be given back from now on."""
        self.who = ""


AGAIN = "the count begins anew at 00:00 UTC"


class Quotas:
    """The quotas of everybody."""

    def __init__(
        self,
        site: Site,
        own: OwnQuotas,
        usage: Usage,
        pseudonym: Callable[[str], str],
        workers: Workers,
        metrics: Metrics,
    ) -> None:
        """`pseudonym` gives a name for somebody by which nobody else knows them: see `Tickets`."""
        self.limits = site.limits
        """Of the site, which bound all quotas."""
        self._roles = site.quotas
        self._own = own
        self._usage = usage
        self._pseudonym = pseudonym
        self._workers = workers
        self._metrics = metrics
        self._known: OrderedDict[str, tuple[Quota, float]] = OrderedDict()
        self._away_until = 0.0
        """Until when the database is not asked."""
        self._silent_until = 0.0
        """Until when the log is not told again that evaluations are not counted."""
        self._giving: set[asyncio.Task[None]] = set()

    # ----------------------------------------------------------- what somebody may

    def of(self, name: str) -> Quota:
        """Return the quota of a reader (`Reader.name`), as it is known here; `learn` has it known."""
        if not name.startswith(ACCOUNT):
            return self._roles.anonymous
        found = self._known.get(name)
        return found[0] if found is not None else self._roles.account

    async def learn(self, name: str) -> Quota:
        """Return the quota of a reader, asked of the database if need be and possible."""
        now = time.monotonic()
        found = self._known.get(name)
        if not name.startswith(ACCOUNT) or (found is not None and now - found[1] < FRESH) or now < self._away_until:
            return self.of(name)
        try:
            async with asyncio.timeout(PATIENCE):
                own = await self._own.of(name.removeprefix(ACCOUNT))
        except (ServiceError, TimeoutError) as error:
            self._missed(error)
            return self.of(name)
        quota = self.joined(own) if own is not None else self._roles.account
        self._known[name] = quota, now
        self._known.move_to_end(name)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return quota

    def of_role(self, *, operator: bool) -> Quota:
        """Return the quota of accounts, or of operators'."""
        return self._roles.operator if operator else self._roles.account

    def joined(self, own: Own) -> Quota:
        """Return the quota of an account: its own, and of what is not its own that of its role."""
        return msgspec.structs.replace(self.of_role(operator=own.operator), **own.values)

    def forget(self, account: str) -> None:
        """Ask anew, because the quotas of an account have changed."""
        self._known.pop(ACCOUNT + account, None)

    # ------------------------------------------------------------- within it

    def lower(self, limits: pb.Limits, name: str) -> None:
        """Lower the limits that a reader wishes for to what they may have."""
        quota = self.of(name)
        for each in LIMITS:
            most, wished = getattr(quota, each), getattr(limits, each)
            if most and not 0 < wished <= most:
                setattr(limits, each, type(wished)(most))

    def bind(self, opening: pb.Open) -> None:
        """Put into an Open what its reader may have."""
        opening.most_sessions = self.of(opening.reader).sessions
        self.lower(opening.limits, opening.reader)

    # -------------------------------------------------------------- what is used

    async def count(self, reader: Reader) -> Counted:
        """Count an evaluation. Raises RefusedRequest, with `retry_after`, if it is one too many."""
        quota = await self.learn(reader.name)
        if not quota.evaluations or not reader.name:
            return Counted()
        if time.monotonic() < self._away_until:
            self._pass_uncounted("away")
            return Counted()
        who, day = self._who(reader), today()
        try:
            async with asyncio.timeout(PATIENCE):
                used = await self._usage.count(who, day, quota.evaluations)
        except (ServiceError, TimeoutError) as error:
            self._missed(error)
            self._pass_uncounted("away" if isinstance(error, ServiceError) else "slow")
            return Counted()
        if used is None:
            raise _used_up(reader, quota.evaluations)
        return Counted(who, day, Standing(quota, evaluations=used).near)

    def give_back(self, counted: Counted) -> None:
        """Count an evaluation no more, because it was refused: the database is told in a moment, if it can be."""
        if counted.who:
            giving = asyncio.create_task(self._give_back(counted.who, counted.day))
            self._giving.add(giving)
            giving.add_done_callback(self._giving.discard)
        counted.keep()

    async def _give_back(self, who: str, day: int) -> None:
        with suppress(ServiceError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._usage.give_back(who, day)

    def _missed(self, error: ServiceError | TimeoutError) -> None:
        """Take note that the database did not answer. One that is slow once is asked again at once."""
        if isinstance(error, ServiceError):
            self._away_until = time.monotonic() + PAUSE

    def _pass_uncounted(self, database: str) -> None:
        self._metrics.uncounted.inc()
        if (now := time.monotonic()) >= self._silent_until:
            self._silent_until = now + TOLD_EVERY
            log.warning("evaluations not counted", database=database, what="nobody is kept from evaluating meanwhile")

    async def near(self, reader: Reader) -> str:
        """Return what to tell a reader of a quota that is nearly used; empty if none is, or it cannot be known now."""
        quota = await self.learn(reader.name)
        if not quota.evaluations or not reader.name or time.monotonic() < self._away_until:
            return ""
        try:
            async with asyncio.timeout(PATIENCE):
                return Standing(quota, evaluations=await self._usage.of(self._who(reader), today())).near
        except (ServiceError, TimeoutError) as error:
            self._missed(error)
            return ""

    async def standing(self, reader: Reader) -> Standing:
        """Return what a reader may have, and what of it is used. Raises ServiceError if that cannot be known now."""
        quota = await self.learn(reader.name)
        evaluations = await self._usage.of(self._who(reader), today()) if quota.evaluations else 0
        stored = await self._usage.storage(reader.account) if quota.storage and reader.account else 0
        return Standing(quota, self._workers.sessions_of(counted_as(reader.name)), evaluations, stored)

    async def kept(self, reader: Reader) -> Kept:
        """Return all that is kept of an account. Raises ServiceError if that cannot be known now."""
        own = await self._own.of(reader.account) or Own(reader.operator, {})
        evaluations = await self._usage.days(self._who(reader))
        return Kept(self.joined(own), own.values, self._workers.sessions_of(counted_as(reader.name)), evaluations)

    def _who(self, reader: Reader) -> str:
        """Return as whom the database counts a reader: a name by which nobody else knows them."""
        return self._pseudonym(f"quota {counted_as(reader.name)}")


def _used_up(reader: Reader, most: int) -> RefusedRequest:
    now = time.time()
    seconds = max(1, math.ceil((now // DAY + 1) * DAY - now))
    what = f"has had its {most:,} evaluations of today" if most > 1 else "has had its one evaluation of today"
    hint = AGAIN if reader.account else f"{AGAIN}; who is signed in has a count of their own"
    noun = "this account" if reader.account else "this address"
    return RefusedRequest(pb.FAILURE_CODE_TOO_MANY, what, noun, hint, retry_after=seconds)
