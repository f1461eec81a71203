"""How many sessions one account or one address has. Thinking only, no I/O.

Two things bound them: what this worker gives to anybody, and the quota that an
Open brings with it, which holds on all workers of the site together.
"""

from collections import Counter

from sagews.config.worker import Worker
from sagews.protocol import sagews_pb2 as pb
from sagews.service.counting import ACCOUNT, counted_as
from sagews.worker.refusal import Refusal


class Shares:
    """Counts the sessions of each reader that live or are being opened."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._readers: Counter[str] = Counter()
        self._told: set[str] = set()
        """Of whom backends are told, because they have a quota."""

    @property
    def told(self) -> list[pb.ReaderSessions]:
        """What backends are told: the sessions of those who have a quota."""
        return [pb.ReaderSessions(reader=key, sessions=self._readers[key]) for key in sorted(self._told)]

    def has(self, reader: str) -> pb.ReaderSessions:
        """Return how many sessions a reader has here."""
        key = counted_as(reader)
        return pb.ReaderSessions(reader=key, sessions=self._readers[key])

    def enter(self, reader: str, quota: int = 0, elsewhere: int = 0) -> str:
        """Count one more session; return what `leave` wants. Raises Refusal when the reader has enough.

        `quota`: sessions that the reader may have on all workers, 0 without one; `elsewhere`: that it has on others.
        """
        worker = self._worker
        key = counted_as(reader)
        if key and quota and self._readers[key] + elsewhere >= quota:
            raise Refusal(
                pb.FAILURE_CODE_TOO_MANY,
                f"has {_sessions(self._readers[key] + elsewhere)} of the {quota} that it may have at once",
                "this account" if key.startswith(ACCOUNT) else "this address",
                "close one of them, or wait until one that nobody uses has ended",
            )
        limit = worker.sessions_per_account if key.startswith(ACCOUNT) else worker.sessions_per_address
        if key and limit and self._readers[key] >= limit:
            noun = "this account" if key.startswith(ACCOUNT) else "this address"
            raise Refusal(
                pb.FAILURE_CODE_FULL,
                f"has {_sessions(limit)} already, the most that it may have",
                noun,
                "close one of them first",
            )
        self._readers[key] += 1
        if key and quota:
            self._told.add(key)
        return key

    def leave(self, key: str) -> None:
        """Count one session less."""
        self._readers[key] -= 1
        if not self._readers[key]:
            del self._readers[key]
            self._told.discard(key)


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"
