"""Kept results as bytes: they come back as they went, and what is none is none."""

import random
import zlib
from collections.abc import Iterator

import pytest

from sagews.backend import kept
from sagews.protocol import sagews_pb2 as pb

KEY = bytes(range(32))


def events() -> list[pb.Event]:
    """Return the events of a result with every kind in it, and bytes that are no text."""
    return [
        pb.Event(sequence=1, time=1.5, started=pb.Started(attempt="a1")),
        pb.Event(sequence=2, output=pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=b'{"name": "stdout"}')),
        pb.Event(
            sequence=3, output=pb.Output(kind=pb.OUTPUT_KIND_COMM_OPEN, body=b"\xff\0", buffers=[b"", b"\0\r\nEND\r\n"])
        ),
        pb.Event(sequence=4, truncated=pb.Truncated(limit=5)),
        pb.Event(sequence=5, input_taken=pb.InputTaken(input_sequence=2)),
        pb.Event(sequence=6, time=2.5, done=pb.Done(reason=pb.EVALUATION_REASON_DONE, text="Done.", wall_seconds=1.0)),
    ]


def packed(items: list[pb.Event], key: bytes = KEY) -> bytes:
    value = kept.pack(key, items)
    assert value is not None
    return value


def test_a_result_comes_back_as_it_went() -> None:
    found = kept.unpack(KEY, packed(events()))
    assert found is not None
    assert (found.since, list(found.events)) == (1.5, events())


def test_the_result_of_another_key_is_none() -> None:
    assert kept.unpack(KEY, packed(events(), key=KEY[::-1])) is None
    assert kept.unpack(b"", packed(events())) is None


def wrong() -> Iterator[tuple[str, list[pb.Event]]]:
    yield "no start", [pb.Event(time=1.5), *events()[1:]]
    yield "no end", events()[:-1]
    yield "one lost", events()[:2] + events()[3:]
    yield "twice", events() + events()
    for name, change in {
        "of a session": pb.Event(session="w1-a"),
        "of an evaluation": pb.Event(evaluation="e"),
        "an answer": pb.Event(request=7),
        "an error": pb.Event(done=pb.Done(reason=pb.EVALUATION_REASON_ERROR)),
    }.items():
        changed = events()
        changed[-1].MergeFrom(change)
        yield name, changed
    for strange in (
        pb.Event(sequence=3, ended=pb.Ended()),
        pb.Event(sequence=3, opened=pb.Opened(token="t")),
        pb.Event(sequence=3, failure=pb.Failure()),
        pb.Event(sequence=3),
    ):
        changed = events()
        changed[2] = strange
        yield f"with {strange.WhichOneof('kind')}", changed


@pytest.mark.parametrize("items", [pytest.param(items, id=name) for name, items in wrong()])
def test_events_that_are_no_result_are_none(items: list[pb.Event]) -> None:
    assert kept.unpack(KEY, packed(items)) is None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\0",
        b"no zlib at all",
        packed(events())[:-1],
        packed(events()) + b"more",
        zlib.compress(b"\xff" * 100),
        zlib.compress(b""),
        zlib.compress(pb.Kept(key=KEY, since=1.5).SerializeToString()),
        zlib.compress(pb.Kept(key=KEY, since=0, events=events()).SerializeToString()),
        zlib.compress(pb.Kept(key=KEY, since=float("nan"), events=events()).SerializeToString()),
    ],
)
def test_values_that_are_none(value: bytes) -> None:
    assert kept.unpack(KEY, value) is None


def test_a_bomb_is_not_unfolded() -> None:
    bomb = zlib.compress(b"\0" * (64 << 20), 9)
    assert len(bomb) < 1 << 20
    assert kept.unpack(KEY, bomb) is None


def test_a_result_that_would_not_be_taken_back_is_not_packed() -> None:
    large = events()
    large[1].output.body = b"x" * kept.MAX_UNPACKED
    assert kept.pack(KEY, large) is None


def test_changed_values_give_the_result_or_none() -> None:
    chance = random.Random(5)
    value = packed(events())
    for _ in range(3000):
        changed = bytearray(value)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        found = kept.unpack(KEY, bytes(changed))
        assert found is None or list(found.events) == events()
