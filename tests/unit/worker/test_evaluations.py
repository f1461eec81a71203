"""The queue of a session: one runs, the others wait, an interrupt drops them."""

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.evaluations import Evaluation, EvaluationQueue


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
