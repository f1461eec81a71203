"""Which worker is asked first."""

import random
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sagews.backend.placement import in_order, rank
from sagews.protocol import sagews_pb2 as pb


@dataclass(frozen=True)
class Candidate:
    name: str
    status: pb.Status | None = None
    away: bool = False


def candidate(name: str, state: pb.WorkerState, sessions: int = 0, busy: float = 0.0) -> Candidate:
    return Candidate(name, pb.Status(state=state, load=pb.Load(sessions=sessions, places=10, busy=busy)))


def names(*candidates: Candidate, seed: int = 0) -> list[str]:
    return [chosen.name for chosen in in_order(candidates, random.Random(seed))]


def test_those_with_room_come_first_then_the_others_by_their_hope() -> None:
    order = names(
        Candidate("away", away=True),
        candidate("stopping", pb.WORKER_STATE_STOPPING),
        candidate("draining", pb.WORKER_STATE_DRAINING),
        candidate("full", pb.WORKER_STATE_FULL, 10),
        Candidate("unknown"),
        candidate("ready", pb.WORKER_STATE_READY, 9),
    )
    assert order == ["ready", "unknown", "full", "draining", "stopping", "away"]


def test_of_two_the_one_with_less_load() -> None:
    for seed in range(20):
        less, more = candidate("less", pb.WORKER_STATE_READY, 3), candidate("more", pb.WORKER_STATE_READY, 4)
        assert names(more, less, seed=seed) == ["less", "more"]
        calm, busy = candidate("calm", pb.WORKER_STATE_READY, 3, 0.1), candidate("busy", pb.WORKER_STATE_READY, 3, 2.0)
        assert names(busy, calm, seed=seed) == ["calm", "busy"]


def test_equals_are_chosen_by_chance_and_the_worst_of_three_never() -> None:
    three = [candidate(f"w{sessions}", pb.WORKER_STATE_READY, sessions) for sessions in (0, 0, 5)]
    first = {names(*three, seed=seed)[0] for seed in range(50)}
    assert first == {"w0"}
    equals = [candidate(name, pb.WORKER_STATE_READY) for name in ("a", "b", "c")]
    assert {names(*equals, seed=seed)[0] for seed in range(50)} == {"a", "b", "c"}


@given(st.lists(st.tuples(st.sampled_from(pb.WorkerState.values()), st.integers(0, 10)), max_size=8), st.integers())
def test_every_worker_is_in_the_order_once_and_no_better_one_later(states: list[tuple[int, int]], seed: int) -> None:
    workers = [candidate(str(number), state, sessions) for number, (state, sessions) in enumerate(states)]  # type: ignore[arg-type]
    order = in_order(workers, random.Random(seed))
    assert sorted(worker.name for worker in order) == sorted(worker.name for worker in workers)
    ranks = [rank(worker) for worker in order]
    assert ranks == sorted(ranks)
