"""Which memcached server a key belongs to, and what it is told."""

import time
from collections import Counter

import pytest

from sagews.backend.memcached import PREFIX, expiry, rank, text_of

KEYS = [number.to_bytes(32, "big") for number in range(3000)]
SERVERS = ["10.0.0.1:11211", "10.0.0.2:11211", "[fd00::1]:11211"]


def chosen(key: bytes, servers: list[str]) -> str:
    return max(servers, key=lambda server: rank(server, key))


def test_keys_are_spread_and_stay_where_they_are() -> None:
    before = {key: chosen(key, SERVERS) for key in KEYS}
    assert all(800 < count < 1200 for count in Counter(before.values()).values())
    assert {key: chosen(key, SERVERS[::-1]) for key in KEYS} == before
    # One server less moves the keys that it had, and no other.
    left = {key: chosen(key, SERVERS[1:]) for key in KEYS}
    assert all(left[key] == server for key, server in before.items() if server != SERVERS[0])
    # One more takes some, and moves no other.
    more = {key: chosen(key, [*SERVERS, "new:1"]) for key in KEYS}
    assert {more[key] for key in KEYS if more[key] != before[key]} == {"new:1"}


@pytest.mark.parametrize("key", [b"", b"\r\nflush_all\r\n", bytes(32), b"\xff" * 32, "ß ".encode()])
def test_a_key_is_one_word(key: bytes) -> None:
    text = text_of(key)
    assert text.startswith(PREFIX) and text.isascii() and text.isprintable() and " " not in text
    assert len(text) <= 250


def test_how_long_a_value_is_good() -> None:
    month = 30 * 86400
    assert [expiry(seconds) for seconds in (0, 60, month)] == [0, 60, month]
    # More than that would be a moment in 1970.
    assert abs(expiry(month + 1) - (time.time() + month + 1)) < 5
    # Less than a second is not for ever.
    assert expiry(0.2) == 1
