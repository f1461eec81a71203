"""A session's events as those of its only evaluation."""

import pytest

from sagews.backend.retelling import broken_off, retold
from sagews.protocol import sagews_pb2 as pb


def test_they_are_numbered_from_the_start_and_name_no_session() -> None:
    output = pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=b"x", buffers=[b"y"])
    told = retold(pb.Event(session="w1-a", evaluation="run", sequence=4, request=9, time=2.5, output=output), 2, "a")
    assert told == pb.Event(sequence=3, time=2.5, output=output)


def test_the_start_names_the_attempt() -> None:
    told = retold(pb.Event(session="w1-a", sequence=2, started=pb.Started()), 0, "a")
    assert told == pb.Event(sequence=1, started=pb.Started(attempt="a"))


def test_an_answered_question_is_numbered_as_the_question_was() -> None:
    told = retold(pb.Event(sequence=6, input_taken=pb.InputTaken(input_sequence=5)), 4, "a")
    assert told == pb.Event(sequence=5, input_taken=pb.InputTaken(input_sequence=4))


@pytest.mark.parametrize(("lost", "last", "events"), [(3, 5, 3), (8, 5, 3), (9, 0, 8), (1, 7, 1)])
def test_a_gap_has_no_more_than_what_would_have_been_told(lost: int, last: int, events: int) -> None:
    told = retold(pb.Event(sequence=9, gap=pb.Gap(events=lost, bytes=70)), last, "a")
    assert told == pb.Event(sequence=8, gap=pb.Gap(events=events, bytes=70))


@pytest.mark.parametrize(
    "event",
    [
        pb.Event(sequence=1, queued=pb.Queued(code="1")),
        pb.Event(sequence=3, output=pb.Output()),
        pb.Event(sequence=0, opened=pb.Opened(token="secret")),
        pb.Event(sequence=7, ended=pb.Ended()),
        pb.Event(sequence=7, status=pb.Status()),
        pb.Event(sequence=7),
    ],
    ids=lambda event: str(event.WhichOneof("kind")),
)
def test_what_is_no_part_of_it_is_not_told(event: pb.Event) -> None:
    assert retold(event, 2, "a") is None


def test_the_end_of_the_session_says_why() -> None:
    event = pb.Event(session="w1-a", sequence=9, time=3.5, ended=pb.Ended(text="It used too much memory."))
    end = broken_off(event, 4, pb.Done(reason=pb.EVALUATION_REASON_SESSION_ENDED, text="So.", wall_seconds=2))
    reason = pb.EVALUATION_REASON_SESSION_ENDED
    done = pb.Done(reason=reason, text="It used too much memory.", wall_seconds=2)
    assert end == pb.Event(sequence=5, time=3.5, done=done)
    assert broken_off(event, 0, pb.Done()).done == pb.Done(reason=reason, text="It used too much memory.")
