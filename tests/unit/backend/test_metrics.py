"""What is counted."""

from sagews.backend.metrics import Metrics
from sagews.protocol import sagews_pb2 as pb


def test_counts_and_their_names() -> None:
    metrics = Metrics()
    metrics.connections.inc()
    metrics.received("ä")
    metrics.sent("abc")
    metrics.evaluated(pb.EVALUATION_REASON_WALL_TIME, 2.0)
    metrics.evaluated(pb.EVALUATION_REASON_DONE, None)
    lines = metrics.exposition().decode().splitlines()
    assert "sagews_connections 1.0" in lines
    assert "sagews_received_bytes_total 2.0" in lines
    assert "sagews_sent_bytes_total 3.0" in lines
    assert 'sagews_evaluations_total{reason="wall_time"} 1.0' in lines
    assert "sagews_evaluate_seconds_count 1.0" in lines
    assert not any("_created" in line for line in lines)
