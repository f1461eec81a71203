"""What two moments of a backend tell together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.backend.status.sample import BOUNDS, Sample, figures, quantile, series


def counts(*seconds: float) -> tuple[int, ...]:
    return tuple(sum(each <= bound for each in seconds) for bound in BOUNDS)


def test_the_figures_of_two_backends_are_added() -> None:
    one = (Sample(time=100, evaluations=5, sessions=9), Sample(time=110, evaluations=25, sessions=3, connections=4))
    two = (
        Sample(time=100, errors=1, found=1, sought=2, durations=counts(0.3)),
        Sample(time=110, errors=2, found=2, sought=6, sessions=2, durations=counts(0.3, 0.002, 0.002), memory=7),
    )
    found = figures([one, two])
    assert (found.seconds, found.sessions, found.connections, found.memory) == (10, 5, 4, 7)
    assert (found.evaluations_per_second, found.errors_per_minute, found.kept) == (2, 6, 0.25)
    assert found.median_seconds == pytest.approx(0.00175) and found.p95_seconds == pytest.approx(0.002425)


def test_before_anything_happened() -> None:
    sample = Sample(time=5)
    for found in (figures([]), figures([(sample, sample)])):
        assert (found.evaluations_per_second, found.kept, found.median_seconds) == (0, None, None)
    assert series([]) == [] and series([[sample]]) == []


def test_histories_end_at_the_same_time() -> None:
    old = [Sample(time=t, sessions=1) for t in range(4)]
    young = [Sample(time=t, sessions=10) for t in range(2, 4)]
    assert [step.sessions for step in series([old, young])] == [1, 1, 11]


def test_a_backend_that_began_anew_takes_nothing_back() -> None:
    assert figures([(Sample(time=0, evaluations=100), Sample(time=5, evaluations=3))]).evaluations_per_second == 0


@given(st.lists(st.floats(0, 300), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_quantile_lies_between_the_bounds_of_the_evaluation_that_it_is_of(times: list[float], part: float) -> None:
    found = quantile(counts(*times), part)
    assert found is not None
    rank = part * len(times)
    held = sorted(times)[max(0, -int(-rank // 1) - 1)]
    upper = next(bound for bound in BOUNDS if bound >= held)
    lower = max((bound for bound in BOUNDS if bound < held), default=0.0)
    assert lower <= found <= upper
