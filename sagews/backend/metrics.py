"""What Prometheus may know of a backend. Counts and times; nothing of who or what."""

import collections
import resource
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from sagews.backend.status.sample import BOUNDS, Sample
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name

STATES = ("ready", "full", "draining", "stopping", "away", "namesake")


class Metrics:
    """The metrics of one backend, in a registry of their own."""

    def __init__(self) -> None:
        # The times at which counters were made say nothing here, and double what is sent.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=True)
        self.connections = Gauge("sagews_connections", "Connections of browsers and programs.", registry=self._registry)
        self.sessions = Gauge(
            "sagews_sessions_held", "Sessions that somebody holds through this backend.", registry=self._registry
        )
        self._workers = Gauge(
            "sagews_workers",
            "Workers, by their state; `away`: cannot be reached; `namesake`: has the name of another one.",
            ["state"],
            registry=self._registry,
        )
        self._worker_sessions = Gauge(
            "sagews_workers_sessions", "Sessions that a worker says it holds.", ["worker"], registry=self._registry
        )
        self._worker_places = Gauge(
            "sagews_workers_places", "Sessions that a worker says it may hold.", ["worker"], registry=self._registry
        )
        self.open_seconds = Histogram(
            "sagews_open_seconds",
            "From the request for a session to its answer.",
            buckets=BOUNDS,
            registry=self._registry,
        )
        self.waiting = Gauge("sagews_waiting", "Requests for a session that wait for a place.", registry=self._registry)
        self._waiting_seconds = Histogram(
            "sagews_waiting_seconds",
            "From a request's entry into the line to its leaving, by what came of it.",
            ["outcome"],
            buckets=BOUNDS,
            registry=self._registry,
        )
        self.evaluate_seconds = Histogram(
            "sagews_evaluate_seconds",
            "From the request to evaluate to the end of the evaluation.",
            buckets=BOUNDS,
            registry=self._registry,
        )
        self.evaluations = Counter(
            "sagews_evaluations", "Evaluations that ended, by their reason.", ["reason"], registry=self._registry
        )
        self.errors = Counter(
            "sagews_errors", "Requests that were answered by a status of 500 or more.", registry=self._registry
        )
        self.rates_exceeded = Counter(
            "sagews_rates_exceeded",
            "Requests that were refused because somebody asked too often, by what was asked for.",
            ["kind"],
            registry=self._registry,
        )
        self.uncounted = Counter(
            "sagews_evaluations_uncounted",
            "Evaluations that no quota has counted, because the database did not answer in time.",
            registry=self._registry,
        )
        self.sign_ins = Counter(
            "sagews_sign_ins",
            "Sign-ins with a provider, by its name and what came of them: `begun`, `told` (the provider has told who "
            "it is), or why it came to nothing: `denied`, `away`, `unknown`, ...",
            ["provider", "outcome"],
            registry=self._registry,
        )
        self.runs = Counter(
            "sagews_runs",
            "Stateless evaluations, by how they began: `run`, `fresh` (run, though a result may be kept), `kept` "
            "(a kept result was given), `shared` (another's run), `joined` (its own run, after a return), `unknown` "
            "(it was to be joined, and nothing is known of it).",
            ["how"],
            registry=self._registry,
        )
        self.cache_hits = Counter(
            "sagews_cache_hits", "Kept results that were found, by where.", ["store"], registry=self._registry
        )
        self.cache_misses = Counter(
            "sagews_cache_misses", "Results that were looked for and not found.", registry=self._registry
        )
        self.cache_stored = Counter("sagews_cache_stored", "Results that were kept.", registry=self._registry)
        self.not_kept = Counter(
            "sagews_results_not_kept",
            "Results that were not kept, by why: what the code did (`clock`, `random`, `network`, ...), the reason why "
            "it ended, `size`, `gap`, `request` (the client's wish), `environment` (of unknown version), `away` (no "
            "store can be reached).",
            ["why"],
            registry=self._registry,
        )
        self.memcached_errors = Counter(
            "sagews_memcached_errors",
            "What went wrong with memcached: it was `away` (each time that it went), or `refused` to keep a value.",
            ["what"],
            registry=self._registry,
        )
        self.received_bytes = Counter(
            "sagews_received_bytes", "Bytes of messages from browsers and programs.", registry=self._registry
        )
        self.sent_bytes = Counter(
            "sagews_sent_bytes", "Bytes of messages to browsers and programs.", registry=self._registry
        )

    def received(self, text: str) -> None:
        """Count a message from a client."""
        self.received_bytes.inc(_size(text))

    def sent(self, text: str) -> None:
        """Count a message to a client."""
        self.sent_bytes.inc(_size(text))

    def evaluated(self, reason: int, seconds: float | None) -> None:
        """Count an evaluation that ended; `seconds` where this backend saw it begin."""
        self.evaluations.labels(enum_name(pb.EvaluationReason, reason)).inc()
        if seconds is not None:
            self.evaluate_seconds.observe(seconds)

    def waited(self, outcome: str, seconds: float) -> None:
        """Count a request that waited: it was `opened`, `refused`, `timed_out`, `displaced` or `withdrawn`."""
        self._waiting_seconds.labels(outcome).observe(seconds)

    def workers(self, states: Iterable[tuple[str, str, pb.Load | None]]) -> None:
        """Take the name, state and load of every worker as they are now."""
        self._workers.clear()
        for name in STATES:
            self._workers.labels(name).set(0)
        for gauge in (self._worker_sessions, self._worker_places):
            gauge.clear()
        for name, state, load in states:
            self._workers.labels(state).inc()
            if load is not None:
                self._worker_sessions.labels(name).set(load.sessions)
                self._worker_places.labels(name).set(load.places)

    def sample(self) -> Sample:
        """Return what `/status` shows of them, as it is now."""
        totals: collections.Counter[str] = collections.Counter()
        durations = []
        for metric in self._registry.collect():
            for each in metric.samples:
                totals[each.name] += int(each.value)
                if each.name == "sagews_evaluate_seconds_bucket" and each.labels["le"] != "+Inf":
                    durations.append(int(each.value))
        return Sample(
            time=time.time(),
            connections=totals["sagews_connections"],
            sessions=totals["sagews_sessions_held"],
            waiting=totals["sagews_waiting"],
            memory=_resident(),
            evaluations=totals["sagews_evaluations_total"],
            errors=totals["sagews_errors_total"],
            found=totals["sagews_cache_hits_total"],
            sought=totals["sagews_cache_hits_total"] + totals["sagews_cache_misses_total"],
            durations=tuple(durations),
        )

    def exposition(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self._registry)


def _size(text: str) -> int:
    """Return the bytes of a text in UTF-8, at no cost for the usual ASCII."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _resident() -> int:
    """Return the bytes of memory that this process has; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as pages:
            return int(pages.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
