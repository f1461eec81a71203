"""A link that does not take what waits for it."""

from sagews.worker.stall import Stall


def test_without_progress_it_is_over_after_its_patience() -> None:
    stall = Stall(10.0)
    assert [stall.is_over(500, now) for now in (0.0, 5.0, 9.9, 10.0)] == [False, False, False, True]


def test_any_progress_begins_it_anew() -> None:
    stall = Stall(10.0)
    assert not any(stall.is_over(taken, now) for taken, now in ((0, 0.0), (0, 9.0), (1, 9.5), (1, 19.0)))
    assert stall.is_over(1, 19.5)


def test_a_link_that_caught_up_is_forgotten() -> None:
    stall = Stall(10.0)
    stall.is_over(500, 0.0)
    stall.forget()
    assert not stall.is_over(500, 100.0)


def test_without_patience_it_is_never_over() -> None:
    stall = Stall(0.0)
    assert not any(stall.is_over(500, now) for now in (0.0, 1e6))
