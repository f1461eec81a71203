"""What a record says: time, level and message of the formats that the services of a site write.

sagews's own services and HAProxy write JSON objects. PostgreSQL, nginx,
stunnel, supervisord and Python's `logging` begin a line with the time, and have
the level near it; memcached writes neither. Whatever a text is, it becomes a
record: this raises nothing.
"""

import calendar
import json
import re
import time
from datetime import datetime
from typing import Any

import msgspec

from sagews.logs.record import Raw, Record

LATEST = 4e9
"""Seconds since the epoch up to which a number is a time."""

_STAMP = re.compile(
    r"\[?(\d{4})[-/.](\d\d)[-/.](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?"
    r"(Z|UTC|GMT|[+-]\d\d:?\d\d)?"
)
_COMMON = re.compile(r"\S+ \S+ \S+ \[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]")
"""The common log format of web servers."""
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
_LEVEL = re.compile(
    r"\b(?:LOG(?P<number>[0-7])|(?P<word>DEBUG[1-5]?|DEBG|TRAC|BLAT|INFO|NOTICE|LOG|WARN(?:ING)?|ERRO?R?"
    r"|CRIT(?:ICAL)?|FATAL|PANIC|ALERT|EMERG)(?=[\]\s:)]|$))|\[(?P<lower>debug|info|notice|warn|error|crit|alert|emerg)\]"
)
_WORDS = {
    "debug": "debug debg trac trace blat debug1 debug2 debug3 debug4 debug5",
    "info": "info informational notice log",
    "warning": "warning warn",
    "error": "error erro err exception",
    "critical": "critical crit fatal panic alert emerg emergency",
}
_LEVELS = {word: level for level, words in _WORDS.items() for word in words.split()}
_SYSLOG = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")
_TIMES = ("timestamp", "time", "ts", "date")
_SEVERITIES = ("level", "severity", "lvl")
_MESSAGES = ("event", "message", "msg")
_ODD = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""Escapes of JSON that PostgreSQL refuses: NUL, and halves of surrogate pairs."""
_DEEP = 100
"""How deep a JSON object may be nested to be kept as one."""


def read(raw: Raw, fallback: float) -> Record:
    """Return what a record says; `fallback` is its time if it says none."""
    if raw.text.startswith(b"{") and not raw.cut and (known := _json(raw, fallback)) is not None:
        return known
    text = _text(raw.text)
    when, level = _prefix(text[:200])
    if not level and "Traceback (most recent call last)" in text:
        level = "error"
    if raw.cut:
        text += f" … ({raw.cut:,} bytes cut)"
    return Record(raw.offset, fallback if when is None else when, level, text, None, raw.cut)


def _json(raw: Raw, fallback: float) -> Record | None:
    data: str | None
    try:
        if _ODD.search(raw.text):
            found = _clean(json.loads(raw.text), _DEEP)
            data = json.dumps(found, ensure_ascii=False, allow_nan=False)
        else:
            found = msgspec.json.decode(raw.text)
            data = raw.text.decode()
            if raw.text.count(b"[") + raw.text.count(b"{") > _DEEP:
                _clean(found, _DEEP)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    when = next((when for name in _TIMES if (when := _time(found.get(name))) is not None), fallback)
    level = next((level for name in _SEVERITIES if (level := _level(found.get(name)))), "")
    message = next((text for name in _MESSAGES if isinstance(text := found.get(name), str) and text), "")
    return Record(raw.offset, when, level, _without_nul(message) or data, data)


def _clean(value: Any, depth: int) -> Any:
    """Return a value of JSON without what PostgreSQL refuses. Raises ValueError if it is nested too deep."""
    if depth < 0:
        raise ValueError
    if isinstance(value, str):
        return _without_nul(value)
    if isinstance(value, list):
        return [_clean(part, depth - 1) for part in value]
    if isinstance(value, dict):
        return {_without_nul(name): _clean(part, depth - 1) for name, part in value.items()}
    return value


def _without_nul(text: str) -> str:
    """Return a text with NUL and lone surrogates as escapes."""
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _text(data: bytes) -> str:
    """Return bytes as a text that PostgreSQL takes; what is not UTF-8, and NUL, as escapes."""
    text = data.decode("utf-8", "backslashreplace")
    return text.replace("\0", "\\x00") if "\0" in text else text


def _level(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 7:
        return _SYSLOG[value]
    return _LEVELS.get(value.lower(), "") if isinstance(value, str) else ""


def _time(value: Any) -> float | None:
    """Return the time that a value of JSON means: a date, or a number of seconds or smaller units."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            found = _stamp(value)
            if found is not None:
                return found
            try:
                value = float(value)
            except ValueError:
                return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for unit in (1, 1e3, 1e6, 1e9):
        if 0 < value < LATEST * unit:
            return float(value / unit)
    return None


def _prefix(head: str) -> tuple[float | None, str]:
    """Return time and level of a line of text, by its beginning."""
    when = _stamp(head)
    found = _LEVEL.search(head) if head[:1].isdigit() or head.startswith("[") else _LEVEL.match(head)
    if found is None:
        return when, ""
    if found["number"]:
        return when, _SYSLOG[int(found["number"])]
    return when, _LEVELS[(found["word"] or found["lower"]).lower()]


def _stamp(text: str) -> float | None:
    """Return the time with which a text begins; without a zone it is this machine's own."""
    if found := _STAMP.match(text):
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        fraction = float(f"0.{found[7]}") if found[7] else 0.0
        zone = found[8]
    elif found := _COMMON.match(text):
        if found[2] not in _MONTHS:
            return None
        year, month, day = int(found[3]), _MONTHS[found[2]], int(found[1])
        hour, minute, second, fraction, zone = int(found[4]), int(found[5]), int(found[6]), 0.0, found[7]
    else:
        return None
    try:
        if zone is None:
            return time.mktime((year, month, day, hour, minute, second, 0, 1, -1)) + fraction
        seconds = calendar.timegm((year, month, day, hour, minute, second)) + fraction
    except (ValueError, OverflowError):
        return None
    if zone[0] in "+-":
        away = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds += away if zone[0] == "-" else -away
    return seconds
