"""What the log tells of sessions and evaluations: how they ended and what they used, never what was in them."""

import hashlib

import structlog

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.evaluations import Evaluation

log = structlog.get_logger()


def evaluation_ended(session: str, reader: str, evaluation: Evaluation, done: pb.Done) -> None:
    """Log an evaluation by the size and the hash of its code: the code itself is the reader's."""
    code = evaluation.code.encode()
    log.info(
        "evaluation ended",
        session=session,
        reader=reader,
        evaluation=evaluation.name,
        reason=pb.EvaluationReason.Name(done.reason),
        code_bytes=len(code),
        code_sha256=hashlib.sha256(code).hexdigest(),
        wall_seconds=round(done.wall_seconds, 3),
        cpu_seconds=round(done.cpu_seconds, 3),
        output_bytes=done.output_bytes,
    )


def session_ended(session: str, reader: str, ended: pb.Ended, output_bytes: int) -> None:
    """Log a session; `output_bytes` are those of all its evaluations."""
    log.info(
        "session ended",
        session=session,
        reader=reader,
        reason=pb.SessionReason.Name(ended.reason),
        status=ended.status,
        cpu_seconds=round(ended.cpu_seconds, 3),
        memory_peak=ended.memory_peak,
        output_bytes=output_bytes,
    )
