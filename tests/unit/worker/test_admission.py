"""Who is let in, and what backends are told of it."""

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.service.pressure import Pressure
from sagews.worker.admission import Admission
from sagews.worker.refusal import Refusal

LOAD = pb.Load(places=2, busy=0.5, memory=9, memory_available=4)


def refused(admission: Admission) -> pb.Failure:
    with pytest.raises(Refusal) as refusal:
        admission.enter()
    return refusal.value.event(7).failure


def test_places_are_taken_and_given_back() -> None:
    admission = Admission("w1", 2, lambda: Pressure(busy=0.5, memory=9, memory_available=4))
    assert admission.status() == pb.Status(state=pb.WORKER_STATE_READY, load=LOAD)
    admission.enter()
    admission.enter()
    assert admission.state == pb.WORKER_STATE_FULL
    failure = refused(admission)
    assert failure.code == pb.FAILURE_CODE_FULL
    assert failure.load == pb.Load(sessions=2, places=2, busy=0.5, memory=9, memory_available=4)
    admission.leave()
    assert admission.state == pb.WORKER_STATE_READY
    admission.enter()


def test_who_watches_is_told_of_every_change_and_of_free_places() -> None:
    admission = Admission("w1", 1)
    told: list[tuple[str, bool]] = []

    def watcher(place_free: bool) -> None:
        told.append((pb.WorkerState.Name(admission.state).removeprefix("WORKER_STATE_").lower(), place_free))

    admission.watch(watcher)
    admission.enter()
    admission.leave()
    admission.enter()
    admission.drain()
    admission.leave()
    admission.stop()
    admission.stop()
    admission.unwatch(watcher)
    admission.leave()
    assert told == [
        ("full", False),
        ("ready", True),
        ("full", False),
        ("draining", False),
        ("draining", False),
        ("stopping", False),
    ]


@pytest.mark.parametrize("closing", [Admission.drain, Admission.stop])
def test_who_comes_too_late_is_told_with_the_load(closing: object) -> None:
    admission = Admission("w1", 3)
    admission.enter()
    closing(admission)  # type: ignore[operator]
    failure = refused(admission)
    assert failure.code == pb.FAILURE_CODE_DRAINING
    assert (failure.load.sessions, failure.load.places) == (1, 3)


def test_a_worker_that_stops_does_not_drain_again() -> None:
    admission = Admission("w1", 3)
    admission.stop()
    admission.drain()
    assert admission.state == pb.WORKER_STATE_STOPPING
