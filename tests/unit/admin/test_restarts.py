"""The pauses before a service is started again."""

from sagews.admin.restarts import Restarts


def test_pauses_double_up_to_the_longest() -> None:
    restarts = Restarts()
    assert [restarts.pause(float(now)) for now in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_good_while_starts_from_the_beginning() -> None:
    restarts = Restarts()
    assert [restarts.pause(now) for now in (0.0, 5.0, 200.0)] == [1, 2, 1]
