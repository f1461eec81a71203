"""What a run has said: in order, after any number, with gaps where it was too much."""

from sagews.backend.record import KeptRecord, Record
from sagews.protocol import sagews_pb2 as pb


def event(sequence: int, text: bytes = b"") -> pb.Event:
    return pb.Event(sequence=sequence, output=pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=text))


def told(record: Record, sequence: int = 0) -> list[pb.Event]:
    """Return what a reader gets who has the events up to a number."""
    events: list[pb.Event] = []
    while (following := record.after(sequence)) is not None:
        events.append(following)
        sequence = following.sequence
    return events


def test_everybody_gets_the_rest_in_order() -> None:
    record = Record()
    record.add(pb.Event(sequence=1, started=pb.Started(attempt="a")))
    for number in range(2, 6):
        record.add(event(number, b"%d" % number))
    assert (record.attempt, record.last, record.complete, record.whole) == ("a", 5, False, False)
    assert [item.sequence for item in told(record)] == [1, 2, 3, 4, 5]
    assert [item.output.body for item in told(record, 3)] == [b"4", b"5"]
    assert told(record, 5) == [] == told(record, 99)
    record.add(pb.Event(sequence=6, done=pb.Done()))
    assert record.complete and record.whole


def test_too_much_goes_from_the_front_and_is_told_with_its_size() -> None:
    record = Record(limit=10_000)
    for number in range(1, 101):
        record.add(event(number, b"x" * 400))
        assert record.size <= 10_000
    gap, *rest = told(record)
    assert gap.sequence == gap.gap.events == rest[0].sequence - 1
    assert 400 * gap.gap.events <= gap.gap.bytes <= 420 * gap.gap.events
    assert rest[-1].sequence == 100 and len(rest) + gap.gap.events == 100
    # Who has a part of what is lost is told of the rest of it.
    smaller = told(record, 10)[0]
    assert smaller.gap.events == gap.gap.events - 10
    assert 400 * smaller.gap.events <= smaller.gap.bytes <= 420 * smaller.gap.events
    record.add(pb.Event(sequence=101, done=pb.Done()))
    assert record.complete and not record.whole


def test_the_newest_event_is_always_there() -> None:
    record = Record(limit=1000)
    record.add(event(1, b"a" * 5000))
    record.add(event(2, b"b" * 5000))
    assert [item.WhichOneof("kind") for item in told(record)] == ["gap", "output"]
    assert record.last == 2


def test_a_gap_that_comes_from_the_worker_is_passed_on() -> None:
    record = Record()
    record.add(pb.Event(sequence=1, started=pb.Started()))
    record.add(pb.Event(sequence=7, gap=pb.Gap(events=6, bytes=600)))
    record.add(pb.Event(sequence=8, done=pb.Done()))
    assert [item.sequence for item in told(record)] == [1, 7, 8]
    assert record.complete and not record.whole


def test_an_empty_record_has_nothing() -> None:
    record = Record()
    assert (record.last, record.size, told(record), record.attempt) == (0, 0, [], "")


def test_a_kept_result_is_told_as_any_other() -> None:
    hostile = b'{"a": "' + b"x" * 64 + b'"}\xff\0'
    events = [
        pb.Event(sequence=1, time=1.5, started=pb.Started(attempt="a")),
        pb.Event(sequence=2, output=pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=hostile, buffers=[b"x" * 64])),
        pb.Event(sequence=3, time=2.5, done=pb.Done(reason=pb.EVALUATION_REASON_DONE, text="x" * 64)),
    ]
    kept = KeptRecord(pb.Kept(since=1.5, events=events))
    assert kept.whole and kept.attempt == "a" and kept.since == 1.5
    usual = Record()
    for item in kept.events():
        usual.add(item)
    for name in ("one", "e" * 64):
        for sequence in (0, 1, 2):
            again, first = kept.tell(sequence, name), usual.tell(sequence, name)
            assert again is not None and first is not None
            assert again[0] == first[0] == sequence + 1
            assert again[1].text == first[1].text
            assert again[1].event == first[1].event and again[1].event.evaluation == name
    assert kept.tell(3, "one") is None and usual.tell(3, "one") is None
    last = kept.tell(2, "one")
    assert last is not None and last[1].event.done.kept_since == 1.5
