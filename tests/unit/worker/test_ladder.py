"""The ladder is told times and answers with signals: each a pause after the one before, and none twice."""

from sagews.worker.ladder import Ladder, Rung

PAUSE = 2.0


def test_a_limit_climbs_to_the_top() -> None:
    ladder = Ladder(PAUSE)
    assert ladder.due is None
    assert ladder.climb(10.0) is Rung.SIGINT
    assert ladder.due == 12.0
    assert ladder.step(11.9) is None
    assert ladder.step(12.0) is Rung.SIGQUIT
    assert ladder.due == 14.0
    assert ladder.step(13.0) is None
    assert ladder.step(14.0) is Rung.SIGKILL
    assert ladder.due is None
    assert ladder.step(99.0) is None


def test_a_second_limit_sends_nothing_more() -> None:
    ladder = Ladder(PAUSE)
    assert ladder.climb(10.0) is Rung.SIGINT
    assert ladder.climb(10.1) is None
    assert ladder.due == 12.0


def test_a_reader_interrupts_once_in_a_pause_and_never_kills() -> None:
    ladder = Ladder(PAUSE)
    assert ladder.interrupt(10.0) is Rung.SIGINT
    assert ladder.interrupt(10.1) is None
    assert ladder.interrupt(11.9) is None
    assert ladder.due is None
    assert ladder.interrupt(12.0) is Rung.SIGINT
    assert not ladder.is_above_interrupts


def test_the_interrupt_of_a_reader_is_the_first_rung_of_a_limit_that_follows_at_once() -> None:
    ladder = Ladder(PAUSE)
    assert ladder.interrupt(10.0) is Rung.SIGINT
    assert ladder.climb(10.5) is None
    assert ladder.due == 12.0
    assert ladder.step(12.0) is Rung.SIGQUIT
    assert ladder.is_above_interrupts


def test_an_interrupt_long_ago_is_not() -> None:
    ladder = Ladder(PAUSE)
    assert ladder.interrupt(10.0) is Rung.SIGINT
    assert ladder.climb(100.0) is Rung.SIGINT


def test_while_a_limit_climbs_a_reader_has_nothing_to_add() -> None:
    ladder = Ladder(PAUSE)
    ladder.climb(10.0)
    assert ladder.interrupt(10.1) is None
    ladder.step(12.0)
    assert ladder.interrupt(13.0) is None
    assert ladder.due == 14.0


def test_what_has_stopped_is_stopped_no_more() -> None:
    ladder = Ladder(PAUSE)
    ladder.climb(10.0)
    ladder.leave()
    assert (ladder.due, ladder.step(12.0), ladder.climbs) == (None, None, False)
    assert ladder.interrupt(10.1) is Rung.SIGINT
