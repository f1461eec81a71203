"""The queue of a session: one runs, the others wait, an interrupt drops them."""

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.evaluations import Evaluation, EvaluationQueue
from sagews.worker.refusal import Refusal


def evaluation(name: str) -> Evaluation:
    return Evaluation(name=name, cell="", code="", without_input=False, limits=pb.Limits())


def test_one_runs_and_the_others_wait_in_order() -> None:
    queue = EvaluationQueue()
    first, second, third = (evaluation(name) for name in "abc")
    for each in (first, second, third):
        queue.add(each)
    assert queue.start_next(1.0) is first
    assert queue.start_next(1.0) is None
    assert (queue.waiting, queue.before_next) == (2, 3)
    assert queue.finish() is first
    assert queue.last is first
    assert queue.start_next(2.0) is second
    assert second.started == 2.0


def test_what_waits_can_be_dropped() -> None:
    queue = EvaluationQueue()
    for name in "abc":
        queue.add(evaluation(name))
    queue.start_next(1.0)
    assert [dropped.name for dropped in queue.drop_waiting()] == ["b", "c"]
    assert queue.waiting == 0
    assert queue.running is not None


def test_a_name_is_known_for_ever() -> None:
    queue = EvaluationQueue()
    queue.add(evaluation("a"))
    queue.start_next(1.0)
    queue.finish()
    assert queue.knows("a")
    assert not queue.knows("b")


def test_what_is_too_much_or_comes_too_late_is_refused() -> None:
    queue = EvaluationQueue()
    queue.check(pb.Evaluate(evaluation="a", watched=True), 1, "w1-a")
    queue.add(evaluation("a"))
    with pytest.raises(Refusal, match="1 evaluations wait already"):
        queue.check(pb.Evaluate(evaluation="b"), 1, "w1-a")
    queue.start_next(1.0)
    queue.check(pb.Evaluate(evaluation="b"), 1, "w1-a")
    queue.finish()
    with pytest.raises(Refusal, match="not the first of its session"):
        queue.check(pb.Evaluate(evaluation="b", watched=True), 1, "w1-a")


@pytest.mark.parametrize("watched", [True, False])
def test_only_a_watched_one_has_a_word_on_whether_it_can_be_repeated(watched: bool) -> None:
    one = Evaluation.wished(pb.Evaluate(evaluation="a", watched=watched), pb.Limits())
    assert one.request().evaluate.watched is watched
    for word, meant in (
        (pb.UNREPEATABLE_UNSPECIFIED, pb.UNREPEATABLE_UNSPECIFIED),
        (pb.UNREPEATABLE_CLOCK, pb.UNREPEATABLE_CLOCK),
        (99, pb.UNREPEATABLE_FOREIGN_CODE),
        (-1, pb.UNREPEATABLE_FOREIGN_CODE),
    ):
        assert one.unrepeatable(word) == (meant if watched else pb.UNREPEATABLE_UNSPECIFIED)


def test_a_limit_that_cut_the_output_is_the_reason_of_the_end() -> None:
    one = evaluation("a")
    assert one.reason(pb.FINISHED_STATUS_OK) == pb.EVALUATION_REASON_DONE
    assert one.reason(pb.FINISHED_STATUS_ERROR) == one.reason(99) == pb.EVALUATION_REASON_ERROR
    assert one.reason(pb.FINISHED_STATUS_INTERRUPTED) == pb.EVALUATION_REASON_INTERRUPTED
    one.stopping = pb.EVALUATION_REASON_WALL_TIME
    assert one.reason(pb.FINISHED_STATUS_INTERRUPTED) == pb.EVALUATION_REASON_WALL_TIME
    assert one.reason(pb.FINISHED_STATUS_OK) == pb.EVALUATION_REASON_DONE
    one.cut_for = pb.EVALUATION_REASON_OUTPUT
    assert one.reason(pb.FINISHED_STATUS_OK) == pb.EVALUATION_REASON_OUTPUT
