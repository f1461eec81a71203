"""What a session says becomes rows: outputs, how evaluations stand, and what is done where something was missed."""

import json

from sagews.backend.worksheets.minutes import UNHEARD, Clerk
from sagews.protocol import sagews_pb2 as pb


def event(sequence: int, evaluation: str = "e1", **kind: object) -> pb.Event:
    return pb.Event(sequence=sequence, evaluation=evaluation, time=100.0 + sequence, **kind)  # type: ignore[arg-type]


def output(sequence: int, evaluation: str = "e1", kind: int = pb.OUTPUT_KIND_STREAM, *, late: bool = False) -> pb.Event:
    return event(sequence, evaluation, output=pb.Output(kind=kind, body=b"{}", late=late))  # type: ignore[arg-type]


def done(sequence: int, evaluation: str, reason: int) -> pb.Event:
    return event(sequence, evaluation, done=pb.Done(reason=reason, text="why"))  # type: ignore[arg-type]


def clerk(*evaluations: str) -> Clerk:
    made = Clerk("s")
    for each in evaluations:
        made.sent(each)
    return made


def test_outputs_keep_their_numbers_and_marks_are_outputs_too() -> None:
    minutes = clerk("e1").write(
        [
            event(1, started=pb.Started()),
            output(2),
            output(3, kind=pb.OUTPUT_KIND_COMM_MSG),
            output(4, kind=pb.OUTPUT_KIND_CLEAR_OUTPUT),
            event(5, truncated=pb.Truncated(limit=7)),
            event(6, input_taken=pb.InputTaken(input_sequence=4)),
            done(7, "e1", pb.EVALUATION_REASON_DONE),
            output(8, late=True),
        ]
    )
    told = [(each.session, each.sequence, each.evaluation, each.kind) for each in minutes.outputs]
    kinds = {2: "stream", 4: "clear_output", 5: "truncated", 6: "input_taken", 8: "late_stream"}
    assert told == [("s", number, "e1", kind) for number, kind in kinds.items()]
    assert json.loads(minutes.outputs[2].body) == {"limit": 7, "event_rate": 0.0}
    assert json.loads(minutes.outputs[3].body) == {"input_sequence": 4}
    # What is for a page that is there now is no row, and is not asked for again.
    assert minutes.sequence == 8
    assert [(each.evaluation, each.state, each.reason, each.time) for each in minutes.changes] == [
        ("e1", "running", "", 101.0),
        ("e1", "ended", "done", 107.0),
    ]


def test_what_fails_drops_what_waits_but_for_what_the_session_tells_itself() -> None:
    minutes = clerk("e1", "e2").write(
        [event(1, started=pb.Started()), done(2, "e1", pb.EVALUATION_REASON_ERROR), done(3, "e2", 4)]
    )
    assert [each.spares for each in minutes.changes] == [None, ("e2",), None]
    assert [each.reason for each in minutes.changes] == ["", "error", "not_run"]


def test_a_gap_is_an_output_where_it_is_and_what_ran_before_it_ends_when_that_is_known() -> None:
    one = clerk("e1", "e2")
    one.write([event(1, started=pb.Started())])
    gap = pb.Event(sequence=50, time=1.0, gap=pb.Gap(events=48, bytes=9))
    minutes = one.write([gap])
    (written,) = minutes.outputs
    assert (written.sequence, written.evaluation, written.kind) == (50, "e1", "gap")
    assert json.loads(written.body) == {"events": 48, "bytes": 9} and gap.evaluation == ""
    assert one.is_unsure
    # What is heard next tells that the one before has ended.
    (ended, begun) = one.write([event(51, "e2", started=pb.Started())]).changes
    assert (ended.evaluation, ended.state, ended.reason, ended.text) == ("e1", "ended", "unknown", UNHEARD)
    assert (begun.evaluation, begun.state) == ("e2", "running") and not one.is_unsure


def test_what_the_session_answers_between_evaluations_tells_that_what_ran_has_ended() -> None:
    one = clerk("e1", "e2")
    one.write([event(1, started=pb.Started()), pb.Event(sequence=9, gap=pb.Gap(events=8))])
    (ended,) = one.answered(7.0)
    assert (ended.evaluation, ended.reason, ended.time) == ("e1", "unknown", 7.0)
    assert one.answered(8.0) == [] and one.queue == ["e2"]


def test_the_end_of_a_session_is_noted() -> None:
    minutes = clerk().write([event(4, "", ended=pb.Ended(reason=pb.SESSION_REASON_IDLE, text="why"))])
    assert minutes.ended is not None and minutes.ended.text == "why" and minutes.sequence == 4
