"""What `sagews admin` prints."""

import json

import pytest

from sagews.admin.fleet.shown import as_json, duration, plain, table
from sagews.admin.here.words import Condition, Status

RUNS = Status(machine="m", service="backend1", kind="backend", condition=Condition.RUNNING, pid=7, seconds=3700)
STOPPED = Status(machine="m", service="worker1", kind="worker", condition=Condition.STOPPED, why="ended\x1b[2J")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3700, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_durations_have_two_units(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_a_table_has_a_line_for_each_service_and_no_escape_sequence() -> None:
    assert table([RUNS, STOPPED], several=True) == [
        "machine  service   condition  process  for",
        "m        backend1  running    7        1 h 1 min",
        "m        worker1   stopped                        ended\ufffd[2J",
    ]
    assert table([RUNS], several=False)[1] == "backend1  running    7        1 h 1 min"
    assert plain("two\nlines") == "two lines"


def test_json_says_whether_all_is_right() -> None:
    assert json.loads(as_json([RUNS], None))["right"] is True
    shown = json.loads(as_json([RUNS, STOPPED], None))
    assert shown["right"] is False and shown["services"][1]["condition"] == "stopped"
