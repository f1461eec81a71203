"""Time, level and message of what the services of a site write."""

import calendar
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.logs.lines import read
from sagews.logs.record import LEVELS, Raw, Record

UTC = calendar.timegm((2026, 11, 26, 7, 0, 0))
LOCAL = time.mktime((2026, 11, 26, 7, 0, 0, 0, 0, -1))


def said(text: bytes | str, cut: int = 0) -> Record:
    return read(Raw(0, text.encode() if isinstance(text, str) else text, cut), 1.0)


@pytest.mark.parametrize(
    ("text", "when", "level"),
    [
        ('{"event": "x", "level": "warning", "timestamp": "2026-11-26T07:00:00.5Z"}', UTC + 0.5, "warning"),
        ('{"msg": "x", "severity": 3, "time": 1795676400}', UTC, "error"),
        ('{"message": "x", "lvl": "CRIT", "ts": 1795676400123}', UTC + 0.123, "critical"),
        ('{"date": "26/Nov"}', 1.0, ""),
        ('{"time": true, "level": []}', 1.0, ""),
        ("2026-11-26 07:00:00.123 UTC [77] LOG:  database system is ready", UTC + 0.123, "info"),
        ("2026-11-26 07:00:00.123 GMT [77] FATAL:  no", UTC + 0.123, "critical"),
        ("2026-11-26 07:00:00.000 UTC [77] reader@math ERROR:  no", UTC, "error"),
        ("2026/11/26 07:00:00 [error] 5#5: *1 open() failed", LOCAL, "error"),
        ("2026/11/26 07:00:00 [notice] 5#5: start", LOCAL, "info"),
        ("2026.11.26 07:00:00 LOG5[main]: stunnel 5.68", LOCAL, "info"),
        ("2026.11.26 07:00:00 LOG3[0]: SSL_accept", LOCAL, "error"),
        ("2026-11-26 07:00:00,250 INFO spawned: 'backend1' with pid 5", LOCAL + 0.25, "info"),
        ("2026-11-26 07:00:00,250 CRIT Supervisor is running as root", LOCAL + 0.25, "critical"),
        ("2026-11-26T09:00:00+02:00 WARNING hot", UTC, "warning"),
        ('10.0.0.1 - - [26/Nov/2026:07:00:00 +0000] "GET / HTTP/1.1" 200 5', UTC, ""),
        ("[WARNING]  (123) : config : log format ignored", 1.0, "warning"),
        ("[ALERT]    (123) : Binding failed", 1.0, "critical"),
        ("<26 connection closed.", 1.0, ""),
        ("2026-99-99 07:00:00 INFO", None, "info"),
        ("Traceback (most recent call last):\n  File\nValueError: x", 1.0, "error"),
        ("the word error in the middle is no level", 1.0, ""),
    ],
)
def test_usual_formats(text: str, when: float | None, level: str) -> None:
    record = said(text)
    assert record.level == level
    assert when is None or record.time == pytest.approx(when, abs=1e-3)


def test_a_json_object_is_kept_and_its_message_taken_out() -> None:
    record = said('{"event": "session ended", "reason": "idle", "n": 3}')
    assert (record.message, record.data) == ("session ended", '{"event": "session ended", "reason": "idle", "n": 3}')


def test_what_postgresql_refuses_is_written_in_another_way() -> None:
    record = said('{"event": "a\\u0000b", "k\\u0000": ["\\ud800", "\\ud83d\\ude00"]}')
    assert record.message == "a\\x00b"
    assert record.data == '{"event": "a\\\\x00b", "k\\\\x00": ["\\\\ud800", "\U0001f600"]}'
    assert said(b"\xff\0").message == "\\xff\\x00"
    deep = said('{"event": "deep", "x": ' + "[" * 200 + "]" * 200 + "}")
    assert deep.data is None and deep.message.startswith('{"event"')


def test_a_record_that_was_cut_says_so() -> None:
    assert said('{"event": "x', 5_000).message == '{"event": "x … (5,000 bytes cut)'


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: ('{"event": ' + text).encode(errors="ignore")))
def test_whatever_a_line_holds_it_becomes_a_record_that_can_be_stored(data: bytes) -> None:
    record = said(data)
    assert "\0" not in record.message and record.level in ("", *LEVELS)
    record.message.encode()
    if record.data is not None:
        assert "\\u0000" not in record.data and "\0" not in record.data.encode().decode()
