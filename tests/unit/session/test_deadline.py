"""Calls that take too long."""

import signal
import time

import pytest

from sagews.session.deadline import within


def test_in_time() -> None:
    with within(5):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_too_late() -> None:
    with pytest.raises(TimeoutError), within(0.05):
        time.sleep(5)


def test_another_timer_survives() -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 100)
        with within(5):
            pass
        assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
