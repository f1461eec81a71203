"""How many sessions one account or one address has. Thinking only, no I/O."""

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

    def enter(self, reader: str) -> str:
        """Count one more session; return what `leave` wants. Raises Refusal when the reader has enough."""
        worker = self._worker
        key = counted_as(reader)
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
        return key

    def leave(self, key: str) -> None:
        """Count one session less."""
        self._readers[key] -= 1
        if not self._readers[key]:
            del self._readers[key]


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"
