"""Stateless evaluations: each runs in a session of its own, is shared while it runs, and is remembered for a while.

Readers name their evaluations; nobody can guess such a name, so whoever shows
it again is the same reader, on a new connection perhaps. What runs for a name
is found by it, and for so long after its end as a reader may need to come
back. Evaluations that are alike (of the same `key.subject_of`) and arrive
while one of them runs share its run.
"""

import asyncio
import math
from collections.abc import Iterable
from functools import lru_cache

from cachetools import TTLCache

from sagews.backend.cache import Cache
from sagews.backend.errand import Errand
from sagews.backend.hold import Receiver
from sagews.backend.key import key_of, subject_of, terms_of
from sagews.backend.metrics import Metrics
from sagews.backend.quotas import Quotas
from sagews.backend.reading import Reading
from sagews.backend.run import Run
from sagews.backend.sessions import Sessions
from sagews.backend.workers import Workers
from sagews.config.site import Site
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from sagews.protocol.languages import environment_of
from sagews.service.limits import environment_limits, lowered, site_limits

MAX_READINGS = 10_000
"""Stateless evaluations of one backend that are not over."""
REMEMBERED = 64 << 20
"""Bytes of results that are remembered for readers who come back."""
NOTICED = 60.0
"""Seconds that a result is remembered beyond the grace: so long it may take until a lost connection is noticed."""
MAX_TERMS = 256
"""Environments and wishes for limits whose terms are remembered; they are hashed anew otherwise."""
_LEAST = 1000
"""Bytes that a remembered result counts for at least: the objects around it."""


class Runs:
    """The stateless evaluations of one backend."""

    def __init__(
        self, site: Site, workers: Workers, sessions: Sessions, cache: Cache, metrics: Metrics, quotas: Quotas
    ) -> None:
        self._site = site
        self._workers = workers
        self._sessions = sessions
        self._cache = cache
        self._metrics = metrics
        self._quotas = quotas
        self._terms = lru_cache(maxsize=MAX_TERMS)(self._terms_of)
        self._runs: set[Run] = set()
        self._readings: dict[str, Reading] = {}
        self._alike: dict[tuple[bytes, bool], Run] = {}
        self._remembered: TTLCache[str, Reading] = TTLCache(
            REMEMBERED, site.limits.grace + NOTICED, getsizeof=lambda reading: reading.run.record.size + _LEAST
        )

    def __len__(self) -> int:
        return len(self._readings)

    def knows(self, evaluation: str) -> bool:
        """Whether `begin` would let somebody follow what has begun already, and run nothing."""
        return evaluation in self._readings or evaluation in self._remembered

    def begin(
        self,
        receiver: Receiver,
        run: pb.Run,
        *,
        account: str,
        request: int = 0,
        without_input: bool = False,
        storable: bool = True,
        returning: bool = True,
        patience: float = math.inf,
        instead_of: Reading | None = None,
    ) -> Reading:
        """Begin an evaluation for a receiver, or let it follow one that it had begun; its events follow.

        What is only to be joined (`run.join`) runs nothing. `account` is how
        its session counts (`Open.reader`). A failure names `request`.
        `storable`: its result may be kept; `returning`: somebody may come back
        for it; `patience`: see `Reading`. `instead_of` is the evaluation that
        it replaces. Raises RefusedRequest if there are too many.
        """
        if (reading := self._readings.get(run.evaluation) or self._remembered.get(run.evaluation)) is not None:
            self._metrics.runs.labels("joined").inc()
            reading.join(receiver, request, run.attempt, run.after_sequence)
            return reading
        if len(self._readings) >= MAX_READINGS:
            what, hint = f"runs {MAX_READINGS:,} evaluations, its limit", "try again in a moment"
            raise RefusedRequest(pb.FAILURE_CODE_FULL, what, "backend", hint)
        self._quotas.lower(run.limits, account)
        errand = self._errand(run, without_input=without_input, storable=storable)
        kept = None if errand.fresh else self._cache.at_hand(self.keys(errand))
        shares = errand.storable and not errand.fresh and not errand.kept_only
        alike = self._alike.get(errand.likeness) if shares and not kept else None
        chosen = alike or self._new(errand)
        grace = self._site.limits.grace
        reading = Reading(run.evaluation, account, chosen, grace=grace, returning=returning, patience=patience)
        if not errand.kept_only:  # While it is looked for, it may be begun in earnest on another connection.
            self._readings[reading.name] = reading
        chosen.add(reading)
        reading.join(receiver, request)
        if kept is not None:
            chosen.give(kept)
        elif alike is not None:
            reading.collapsed = True
            self._metrics.runs.labels("shared").inc()
        else:
            if errand.storable and not errand.kept_only:
                self._alike[errand.likeness] = chosen
            chosen.start(instead_of.run if instead_of is not None else None)
        return reading

    def keys(self, errand: Errand) -> list[bytes]:
        """Return the keys under which its result may be kept: one for each fingerprint of the environment."""
        return [key_of(errand.subject, fingerprint) for fingerprint in self._workers.fingerprints(errand.environment)]

    async def close(self) -> None:
        """End all runs, and wait for the end of no session."""
        for reading in tuple(self._readings.values()):
            reading.end()
        for run in self._runs:
            run.let_go()
        await asyncio.gather(*(run.gone.wait() for run in tuple(self._runs)))

    def _errand(self, run: pb.Run, *, without_input: bool, storable: bool) -> Errand:
        environment = run.environment or self._environment_of(run.language)
        return Errand(
            environment=environment,
            code=run.code,
            limits=run.limits,
            language=run.language,
            subject=subject_of(
                self._terms(environment, run.limits.SerializeToString()), run.code, run.language, run.expressions
            ),
            expressions=dict(run.expressions),
            without_input=without_input,
            fresh=run.fresh,
            kept_only=run.join,
            storable=storable,
        )

    def _environment_of(self, language: str) -> str:
        """Return the first environment that runs a language; the site's first one if none is known to."""
        return environment_of(language, self._workers.languages) or self._site.environment[0].name

    def _terms_of(self, name: str, wish: bytes) -> bytes:
        site = self._site.limits
        known = (environment for environment in self._site.environment if environment.name == name)
        limits = next((environment_limits(site, environment) for environment in known), site_limits(site))
        return terms_of(name, lowered(limits, pb.Limits.FromString(wish)))

    def _new(self, errand: Errand) -> Run:
        run = Run(errand, self, self._sessions, self._cache, self._metrics)
        self._runs.add(run)
        return run

    # --------------------------------------------------- what runs tell of themselves

    def left(self, reading: Reading) -> None:
        """Know that a reading has no part in a run any more."""
        if self._readings.get(reading.name) is reading:
            del self._readings[reading.name]

    def part(self, run: Run, others: Iterable[Reading]) -> None:
        """Know that a run can be shared no longer; begin others anew, each with a run of its own."""
        self._share_no_longer(run)
        for reading in others:
            apart = self._new(run.errand)
            apart.add(reading)
            reading.move(apart)
            apart.start()

    def ended(self, run: Run) -> None:
        """Know that a run is over; remember what it said for those who may come back for it."""
        self._share_no_longer(run)
        for reading in run.readings.values():
            self.left(reading)
            reading.forget()
            if reading.returning and run.record.complete and not run.status.hit:
                self._remembered[reading.name] = reading

    def forget(self, run: Run) -> None:
        """Know that nothing is left of a run."""
        self._runs.discard(run)

    def _share_no_longer(self, run: Run) -> None:
        likeness = run.errand.likeness
        if self._alike.get(likeness) is run:
            del self._alike[likeness]
