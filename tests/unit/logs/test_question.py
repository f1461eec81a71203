"""Which records are wanted."""

from datetime import datetime

import pytest

from sagews.logs.question import Entry, Question, moment

ENTRY = Entry(time=100.0, machine="front", service="backend2", level="warning", message="Slow", data='{"why": "Disk"}')


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        (Question(), True),
        (Question(services=("backend",)), True),
        (Question(services=("worker", "backend2")), True),
        (Question(services=("backend1",)), False),
        (Question(machines=("front",)), True),
        (Question(machines=("back",)), False),
        (Question(since=100.0, until=100.5), True),
        (Question(since=101.0), False),
        (Question(until=100.0), False),
        (Question(level="debug"), True),
        (Question(level="warning"), True),
        (Question(level="error"), False),
        (Question(text="slow"), True),
        (Question(text="DISK"), True),
        (Question(text="memory"), False),
    ],
)
def test_an_entry_fits_or_not(question: Question, fits: bool) -> None:
    assert ENTRY.fits(question) is fits


def test_moments() -> None:
    assert moment("15m", 10_000.0) == 9_100.0 and moment("1.5 h", 10_000.0) == 4_600.0
    assert moment("2026-11-26T07:00:00Z", 0) == 1795676400.0
    assert moment("2026-11-26 07:00", 0) == datetime(2026, 11, 26, 7).timestamp()
    for text in ("", "yesterday", "5w", "-1h"):
        with pytest.raises(ValueError):
            moment(text, 0)
