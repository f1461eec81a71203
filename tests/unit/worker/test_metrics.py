"""What is counted."""

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.metrics import Metrics


def test_counts_and_their_names() -> None:
    metrics = Metrics()
    metrics.opened(0.01)
    metrics.refused(pb.FAILURE_CODE_FULL)
    metrics.ended(pb.SESSION_REASON_DRAINED)
    metrics.evaluated(pb.EVALUATION_REASON_WALL_TIME)
    metrics.zygote_started("python")
    status = pb.Status(state=pb.WORKER_STATE_FULL, load=pb.Load(sessions=3, places=3))
    lines = metrics.exposition(status, {"evaluating": 2, "alone": 1}, {"control": 1}).decode().splitlines()
    for line in (
        'sagews_worker_opens_total{outcome="ok"} 1.0',
        'sagews_worker_opens_total{outcome="full"} 1.0',
        'sagews_worker_ends_total{reason="drained"} 1.0',
        'sagews_worker_evaluations_total{reason="wall_time"} 1.0',
        'sagews_worker_zygote_starts_total{environment="python"} 1.0',
        "sagews_worker_open_seconds_count 1.0",
        'sagews_worker_sessions{doing="evaluating"} 2.0',
        'sagews_worker_sessions{doing="idle"} 0.0',
        'sagews_worker_sessions{doing="alone"} 1.0',
        'sagews_worker_state{state="full"} 1.0',
        'sagews_worker_state{state="ready"} 0.0',
        'sagews_worker_links{role="control"} 1.0',
        "sagews_worker_places 3.0",
    ):
        assert line in lines
    assert not any("_created" in line for line in lines)
