"""Kept results as bytes: what a cache holds under a key. Thinking only, no I/O.

Caches are shared with other backends and lie outside of them, so what comes
back is taken for what it claims only if it is of the right shape and says
the key that was asked for.
"""

import zlib
from collections.abc import Sequence

from google.protobuf.message import DecodeError

from sagews.protocol import sagews_pb2 as pb

LEVEL = 3
"""Of zlib: four times as fast as its usual 6 on text, and a sixth larger."""
MAX_UNPACKED = 4 << 20
"""Bytes to which a value may unfold; a larger result is not kept."""

_KINDS = frozenset({"started", "output", "truncated", "input_taken", "done"})


def pack(key: bytes, events: list[pb.Event]) -> bytes | None:
    """Return the value to keep for the events of one result, from Started to Done. None if it is too large."""
    message = pb.Kept(key=key, since=events[0].time, events=events).SerializeToString()
    return zlib.compress(message, LEVEL) if len(message) <= MAX_UNPACKED else None


def unpack(key: bytes, value: bytes) -> pb.Kept | None:
    """Return the result that a value holds; None if it holds none, or that of another key."""
    inflater = zlib.decompressobj()
    try:
        message = inflater.decompress(value, MAX_UNPACKED)
        if not inflater.eof or inflater.unused_data:
            return None
        kept = pb.Kept.FromString(message)
        whole = kept.key == key and kept.since > 0 and _is_whole(kept.events)
    except (zlib.error, DecodeError, ValueError):
        return None
    return kept if whole else None


def _is_whole(events: Sequence[pb.Event]) -> bool:
    """Whether these are the events of one result from its start to its good end, numbered from 1."""
    kinds = [event.WhichOneof("kind") for event in events]
    return (
        kinds[:1] == ["started"]
        and kinds[-1] == "done"
        and kinds.count("started") == kinds.count("done") == 1
        and _KINDS.issuperset(kinds)
        and events[-1].done.reason == pb.EVALUATION_REASON_DONE
        and all(event.sequence == number for number, event in enumerate(events, 1))
        and not any(event.session or event.evaluation or event.request for event in events)
    )
