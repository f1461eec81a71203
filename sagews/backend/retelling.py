"""A session's events as those of its only evaluation, numbered from its start. Thinking only, no I/O."""

from sagews.protocol import sagews_pb2 as pb

BEFORE = 1
"""Events of a session before the Started of its first evaluation: Queued."""


def retold(event: pb.Event, last: int, attempt: str) -> pb.Event | None:
    """Return a session's event as it is told of its evaluation; None if it is not.

    `last` is the number of the event that was told before it, `attempt` names the attempt.
    """
    if event.sequence <= last + BEFORE:
        return None
    told = pb.Event(sequence=event.sequence - BEFORE, time=event.time)
    match event.WhichOneof("kind"):
        case "started":
            told.started.attempt = attempt
        case "output":
            told.output.CopyFrom(event.output)
        case "truncated":
            told.truncated.CopyFrom(event.truncated)
        case "input_taken":
            told.input_taken.input_sequence = event.input_taken.input_sequence - BEFORE
        case "gap":
            # It may begin before what is told at all.
            told.gap.events = min(event.gap.events, told.sequence - last)
            told.gap.bytes = event.gap.bytes
        case "done":
            told.done.CopyFrom(event.done)
        case _:
            return None
    return told


def broken_off(event: pb.Event, last: int, done: pb.Done) -> pb.Event:
    """Return the end of an evaluation whose session has ended.

    `event` is the session's Ended, whose text says why; `done` what it said at last of the evaluation, if anything.
    """
    told = pb.Event(sequence=last + 1, time=event.time, done=done)
    told.done.reason, told.done.text = pb.EVALUATION_REASON_SESSION_ENDED, event.ended.text
    return told
