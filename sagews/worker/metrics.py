"""What Prometheus may know of a worker. Counts and times; nothing of who or what."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import enum_name

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self) -> None:
        # The times at which counters were made say nothing here, and double what is sent.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=True)
        self._sessions = self._gauge("sagews_worker_sessions", "Sessions, by what they do.", "doing")
        self._places = Gauge("sagews_worker_places", "Sessions that it may hold at once.", registry=self._registry)
        self._state = self._gauge("sagews_worker_state", "1 for the state that the worker is in.", "state")
        self._links = self._gauge("sagews_worker_links", "Links, by what they carry.", "role")
        self._opens = self._counter("sagews_worker_opens", "Requests for a session, by their outcome.", "outcome")
        self._ends = self._counter("sagews_worker_ends", "Sessions that ended, by their reason.", "reason")
        self._evaluations = self._counter(
            "sagews_worker_evaluations", "Evaluations that ended, by their reason.", "reason"
        )
        self._zygotes = self._counter(
            "sagews_worker_zygote_starts", "Starts of zygotes, the first ones too.", "environment"
        )
        self._open_seconds = Histogram(
            "sagews_worker_open_seconds",
            "From a request for a session until it is ready.",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def opened(self, seconds: float) -> None:
        """Count a session that was opened, and how long that took."""
        self._opens.labels("ok").inc()
        self._open_seconds.observe(seconds)

    def refused(self, code: pb.FailureCode) -> None:
        """Count a request for a session that was refused."""
        self._opens.labels(enum_name(pb.FailureCode, code)).inc()

    def zygote_started(self, environment: str) -> None:
        """Count a zygote that got ready: the first, one in the place of an old one, or of one that died."""
        self._zygotes.labels(environment).inc()

    def ended(self, reason: pb.SessionReason) -> None:
        """Count a session that ended."""
        self._ends.labels(enum_name(pb.SessionReason, reason)).inc()

    def evaluated(self, reason: pb.EvaluationReason) -> None:
        """Count an evaluation that ended."""
        self._evaluations.labels(enum_name(pb.EvaluationReason, reason)).inc()

    def exposition(self, status: pb.Status, doings: Mapping[str, int], links: Mapping[str, int]) -> bytes:
        """Return all of it in Prometheus's text format; the arguments are what is so now."""
        for doing in ("evaluating", "idle", "alone"):
            self._sessions.labels(doing).set(doings.get(doing, 0))
        for role in ("session", "control", "stranger"):
            self._links.labels(role).set(links.get(role, 0))
        for state in pb.WorkerState.values()[1:]:
            self._state.labels(enum_name(pb.WorkerState, state)).set(state == status.state)
        self._places.set(status.load.places)
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str, label: str) -> Gauge:
        return Gauge(name, text, [label], registry=self._registry)

    def _counter(self, name: str, text: str, label: str) -> Counter:
        return Counter(name, text, [label], registry=self._registry)
