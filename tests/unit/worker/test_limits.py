"""Which deadline comes first, and whom a spare fits."""

from sagews.config.limits import Limits
from sagews.protocol import sagews_pb2 as pb
from sagews.service.limits import lowered, site_limits
from sagews.worker.limits import Clock, Deadline, fits


def test_a_spare_fits_if_what_it_set_upon_itself_is_what_is_wanted() -> None:
    limits = site_limits(Limits())
    assert fits(limits, lowered(limits, pb.Limits(wall_time=1, memory=1, threads=1, event_rate=1)))
    for name in ("address_space", "open_files", "disk", "session_cpu_time"):
        assert not fits(limits, lowered(limits, pb.Limits(**{name: 1})))  # type: ignore[arg-type]


LIMITS = pb.Limits(wall_time=10, idle=100, lifetime=1000, grace=5)


def test_an_idle_session_ends_by_idleness() -> None:
    assert Clock(opened=0, active=50).next_deadline(LIMITS, 0) == (150, Deadline.IDLE)


def test_a_running_evaluation_is_not_idle() -> None:
    clock = Clock(opened=0, active=0, evaluation=500)
    assert clock.next_deadline(LIMITS, 10) == (510, Deadline.WALL_TIME)
    assert clock.next_deadline(LIMITS, 0) == (1000, Deadline.LIFETIME)


def test_an_evaluation_that_is_being_stopped_has_no_wall_time_left() -> None:
    clock = Clock(opened=0, active=0, evaluation=1, stopping=True)
    assert clock.next_deadline(LIMITS, 10) == (1000, Deadline.LIFETIME)


def test_the_grace_runs_while_an_evaluation_does() -> None:
    clock = Clock(opened=0, active=0, evaluation=1, abandoned=2)
    assert clock.next_deadline(LIMITS, 10) == (7, Deadline.GRACE)


def test_the_lifetime_ends_even_a_busy_session() -> None:
    assert Clock(opened=0, active=990).next_deadline(LIMITS, 0) == (1000, Deadline.LIFETIME)


def test_no_limit_no_deadline() -> None:
    assert Clock(opened=0, active=0).next_deadline(pb.Limits(), 0) is None
