"""The replay: bounded by bytes, numbered, and honest about what went."""

import pytest

from sagews.worker.replay import Lost, Replay


def test_events_are_numbered_from_one() -> None:
    replay = Replay(limit=100)
    assert replay.last == 0
    replay.append(b"a")
    replay.append(b"b")
    assert replay.last == 2
    assert (replay.get(1), replay.get(2)) == (b"a", b"b")
    assert replay.lost_after(0) is None


def test_the_oldest_go_first_and_their_size_is_told() -> None:
    replay = Replay(limit=10)
    for letter in b"abcd":
        replay.append(bytes([letter]) * 4)
    assert replay.last == 4
    assert replay.lost_after(0) == Lost(events=2, bytes=8, last=2)
    assert replay.lost_after(1) == Lost(events=1, bytes=4, last=2)
    assert replay.lost_after(2) is None
    assert replay.get(3) == b"cccc"
    with pytest.raises(IndexError):
        replay.get(2)


def test_one_event_over_the_limit_is_kept_alone() -> None:
    replay = Replay(limit=3)
    replay.append(b"long event")
    assert replay.get(1) == b"long event"
