"""Which worker gets a new session. Thinking only, no I/O.

The better of two that are chosen by chance: nearly as even as the best of
all, and backends that decide at the same moment do not all choose the same.
"""

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

from sagews.protocol import sagews_pb2 as pb

_RANKS = {pb.WORKER_STATE_READY: 0, pb.WORKER_STATE_FULL: 2, pb.WORKER_STATE_DRAINING: 3, pb.WORKER_STATE_STOPPING: 4}
UNKNOWN, AWAY = 1, 5
"""Ranks of a worker that has not been tried yet, and of one that could not be reached."""


class Candidate(Protocol):
    """A worker, as far as placing is concerned."""

    @property
    def status(self) -> pb.Status | None:
        """Its newest word; None while there is none."""

    @property
    def away(self) -> bool:
        """Whether it could not be reached when it was tried last."""


C = TypeVar("C", bound=Candidate)


def in_order(workers: Sequence[C], chance: random.Random) -> list[C]:
    """Return all workers, the one to ask first at the front.

    Those with room come first, then the unknown, the full, the closing, the away.
    """
    order: list[C] = []
    left = list(workers)
    while left:
        best_rank = min(rank(worker) for worker in left)
        equals = [worker for worker in left if rank(worker) == best_rank]
        two = chance.sample(equals, min(2, len(equals)))
        chosen = min(two, key=load)
        order.append(chosen)
        left.remove(chosen)
    return order


def rank(worker: Candidate) -> int:
    """Return how little a worker can be hoped to have room: 0 for the best."""
    if worker.status is None:
        return AWAY if worker.away else UNKNOWN
    return _RANKS.get(worker.status.state, UNKNOWN)


def load(worker: Candidate) -> tuple[float, float]:
    """Return what is compared: the part of its places that is taken, then how busy its processors are."""
    if worker.status is None:
        return 0.0, 0.0
    load = worker.status.load
    return load.sessions / max(load.places, 1), load.busy
