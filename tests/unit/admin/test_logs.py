"""How a record is shown: in one line, and without what steers a terminal."""

import json

from sagews.admin.logs import json_line, line
from sagews.logs.question import Entry


def entry(message: str, data: str | None = None) -> Entry:
    return Entry(time=1795676400.25, machine="front", service="backend1", level="", message=message, data=data)


def test_a_line_has_what_the_record_has() -> None:
    shown = line(entry("it began", '{"event": "it began", "level": "x", "port": 8080, "host": "::1"}'))
    assert ":00:00.250" in shown and shown.endswith("front backend1 - it began port=8080 host=::1")


def test_nothing_steers_the_terminal() -> None:
    shown = line(entry("red \x1b[31m\x9b\u202e", '{"k": "\\u001b]0;x"}'))
    assert "\x1b" not in shown and "\x9b" not in shown and "\u202e" not in shown


def test_an_odd_time_is_shown_as_a_number() -> None:
    assert line(Entry(time=1e300, machine="m", service="s", level="", message="x")).endswith(" m s - x")


def test_json() -> None:
    assert json.loads(json_line(entry("a", '{"event": "a"}'))) == {
        "time": 1795676400.25,
        "machine": "front",
        "service": "backend1",
        "level": "",
        "message": "a",
        "data": {"event": "a"},
    }
