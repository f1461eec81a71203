"""How much of what an evaluation puts out goes on: its bytes, and how many pieces a second. Thinking only, no I/O."""

from sagews.protocol import MAX_BODY, MAX_BUFFERS
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.bucket import Bucket
from sagews.worker.evaluations import Evaluation
from sagews.worker.text import cut, stream_body

OVERHEAD = 64
"""Bytes that an output counts beside its own, so that empty ones are not for nothing."""

_REPORTED_KINDS = frozenset(pb.OutputKind.values()) - {pb.OUTPUT_KIND_UNSPECIFIED, pb.OUTPUT_KIND_STREAM}
"""Outputs that a session may report; streams are made here, from its descriptors."""

Admitted = tuple[pb.Output | None, pb.Truncated | None]
"""What goes on, and the mark of a limit that is reached with it; both may be None."""


def may_report(evaluation: Evaluation, kind: int) -> bool:
    """Whether a session may report such an output; values of expressions only if they were asked for."""
    return kind in _REPORTED_KINDS and (kind != pb.OUTPUT_KIND_EXPRESSIONS or bool(evaluation.expressions))


def is_too_large(output: pb.Output) -> bool:
    """Whether no session of ours would send that."""
    return output.ByteSize() > MAX_BODY + MAX_BUFFERS * OVERHEAD or len(output.buffers) > MAX_BUFFERS


def admit_text(evaluation: Evaluation, stream: str, text: str, now: float) -> Admitted:
    """Count a piece of text, as its UTF-8, and return as much of it as the limits leave."""
    size = len(text.encode())
    limit = evaluation.limits.output_bytes
    room = limit - evaluation.output_bytes
    evaluation.output_bytes += size
    if evaluation.cut_for is not None:
        return None, None
    if not _in_time(evaluation, now):
        return None, _too_fast(evaluation)
    is_cut = bool(limit) and size > room
    kept = cut(text, room) if is_cut else text
    output = pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=stream_body(stream, kept)) if kept else None
    return output, _too_much(evaluation) if is_cut else None


def admit(evaluation: Evaluation, output: pb.Output, now: float) -> Admitted:
    """Count an output and return it whole, or not at all."""
    evaluation.output_bytes += output.ByteSize() + OVERHEAD
    if evaluation.cut_for is not None:
        return None, None
    if not _in_time(evaluation, now):
        return None, _too_fast(evaluation)
    limit = evaluation.limits.output_bytes
    if limit and evaluation.output_bytes > limit:
        return None, _too_much(evaluation)
    return output, None


def _in_time(evaluation: Evaluation, now: float) -> bool:
    if evaluation.bucket is None:
        evaluation.bucket = Bucket(evaluation.limits.event_rate, now)
    return evaluation.bucket.take(now)


def _too_fast(evaluation: Evaluation) -> pb.Truncated:
    evaluation.cut_for = pb.EVALUATION_REASON_EVENT_RATE
    return pb.Truncated(event_rate=evaluation.limits.event_rate)


def _too_much(evaluation: Evaluation) -> pb.Truncated:
    evaluation.cut_for = pb.EVALUATION_REASON_OUTPUT
    return pb.Truncated(limit=evaluation.limits.output_bytes)
