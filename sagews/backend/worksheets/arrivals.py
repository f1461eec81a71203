"""Events of a session that are on their way to be written down. Thinking only, no I/O."""

import time
from collections.abc import Sequence

from sagews.backend.workers import refused
from sagews.protocol import sagews_pb2 as pb

BATCH, BATCH_BYTES = 500, 4 << 20
"""Events that are written down at once, and bytes of them, but for the last one."""


def first_of(pending: Sequence[pb.Event]) -> list[pb.Event]:
    """Return those that are written down at once."""
    size = 0
    for number, event in enumerate(pending[:BATCH]):
        size += event.ByteSize()
        if size > BATCH_BYTES and number:
            return list(pending[:number])
    return list(pending[:BATCH])


def not_taken(evaluation: str, failure: pb.Failure) -> pb.Event:
    """Return as an event that a session did not take an evaluation."""
    event = pb.Event(evaluation=evaluation, time=time.time())
    event.done.reason = pb.EVALUATION_REASON_REFUSED
    event.done.text = f"{refused(failure)}."
    return event
