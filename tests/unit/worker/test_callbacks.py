"""To which evaluation outputs belong that come of a widget's message."""

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.callbacks import Callbacks
from sagews.worker.evaluations import Evaluation, EvaluationQueue

LIMITS = pb.Limits(output_bytes=100)


def queued(queue: EvaluationQueue, name: str) -> None:
    queue.add(Evaluation.wished(pb.Evaluate(evaluation=name), LIMITS))


def speaking(callbacks: Callbacks) -> str:
    return callbacks.speaking.name if callbacks.speaking else ""


def test_outputs_belong_to_the_cell_that_shows_the_control() -> None:
    queue = EvaluationQueue()
    callbacks = Callbacks(queue, LIMITS)
    callbacks.sent(1, pb.CommMessage(evaluation="a"))
    assert speaking(callbacks) == "" and callbacks.speak
    callbacks.handled(1)
    assert not callbacks.speak
    for name in ("a", "b", "c"):
        queued(queue, name)
    queue.start_next(0)
    queue.finish()
    queue.start_next(0)
    callbacks.sent(2, pb.CommMessage(evaluation="a"))
    assert speaking(callbacks) == "b"  # it was sent behind what runs
    queue.finish()
    assert speaking(callbacks) == "a"
    queue.start_next(0)
    assert speaking(callbacks) == "a"  # and comes before what is sent now
    first = callbacks.speaking
    callbacks.sent(3, pb.CommMessage(evaluation="a"))
    callbacks.handled(2)
    assert speaking(callbacks) == "c"
    queue.finish()
    assert speaking(callbacks) == "a"
    assert callbacks.speaking is not first  # each has the limits for itself
    callbacks.handled(3)
    callbacks.sent(4, pb.CommMessage(evaluation="nobody"))
    assert speaking(callbacks) == "c"
