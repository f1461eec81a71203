"""What an evaluation puts out is counted: as much as the limits leave goes on, with a mark where they cut."""

import json

from sagews.protocol import MAX_BUFFERS
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import outputs
from sagews.worker.evaluations import Evaluation


def evaluation(**limits: float) -> Evaluation:
    return Evaluation(name="a", cell="", code="", without_input=False, limits=pb.Limits(**limits))  # type: ignore[arg-type]


def text_of(admitted: outputs.Admitted) -> str:
    output, _ = admitted
    return str(json.loads(output.body)["text"]) if output is not None else ""


def test_text_is_cut_at_the_byte_and_marked_once() -> None:
    running = evaluation(output_bytes=10)
    assert text_of(outputs.admit_text(running, "stdout", "12345", 0.0)) == "12345"
    cut = outputs.admit_text(running, "stdout", "678ä9", 0.0)
    assert (text_of(cut), cut[1]) == ("678ä", pb.Truncated(limit=10))
    assert running.cut_for == pb.EVALUATION_REASON_OUTPUT
    assert outputs.admit_text(running, "stdout", "more", 0.0) == (None, None)
    assert running.output_bytes == 15


def test_other_outputs_go_on_whole_or_not_at_all() -> None:
    running = evaluation(output_bytes=300)
    output = pb.Output(kind=pb.OUTPUT_KIND_DISPLAY_DATA, body=b"x" * 100)
    assert outputs.admit(running, output, 0.0) == (output, None)
    assert outputs.admit(running, output, 0.0) == (None, pb.Truncated(limit=300))
    assert outputs.admit(running, output, 0.0) == (None, None)


def test_what_comes_too_fast_is_cut_whatever_its_kind() -> None:
    running = evaluation(event_rate=1)
    output = pb.Output(kind=pb.OUTPUT_KIND_DISPLAY_DATA, body=b"{}")
    admitted = [outputs.admit(running, output, 0.0)[0] for _ in range(3)]
    admitted += [outputs.admit_text(running, "stdout", "x", 0.0)[0] for _ in range(2)]
    assert None not in admitted
    assert outputs.admit_text(running, "stdout", "x", 0.5) == (None, pb.Truncated(event_rate=1))
    assert running.cut_for == pb.EVALUATION_REASON_EVENT_RATE
    assert outputs.admit(running, output, 60.0) == (None, None)


def test_nothing_is_limited_by_nothing() -> None:
    running = evaluation()
    for _ in range(10_000):
        assert text_of(outputs.admit_text(running, "stdout", "x" * 10, 0.0)) == "x" * 10


def test_what_no_session_of_ours_sends() -> None:
    assert not outputs.is_too_large(pb.Output(buffers=[b""] * MAX_BUFFERS))
    assert outputs.is_too_large(pb.Output(buffers=[b""] * (MAX_BUFFERS + 1)))


def test_values_of_expressions_are_reported_only_where_they_were_asked_for() -> None:
    running = evaluation()
    assert outputs.may_report(running, pb.OUTPUT_KIND_DISPLAY_DATA)
    assert not outputs.may_report(running, pb.OUTPUT_KIND_STREAM)
    assert not outputs.may_report(running, pb.OUTPUT_KIND_EXPRESSIONS)
    running.expressions["a"] = "1"
    assert outputs.may_report(running, pb.OUTPUT_KIND_EXPRESSIONS)
