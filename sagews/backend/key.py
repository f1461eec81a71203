"""The key of a kept result: the same for whatever gives the same result, and for nothing else. Thinking only, no I/O.

It is a hash, so that nothing of a reader is in it to be read, and so that it
is a key whatever the code holds. What is hashed is a row of fields, each
with its length before it: no two rows are the same bytes.
"""

import hashlib
import struct
from collections.abc import Iterable

import sagews
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.service.limits import NAMES


def key_of(environment: str, fingerprint: bytes, code: str, limits: pb.Limits) -> bytes:
    """Return the 32 bytes of the key. `limits` are those in force, lowered already."""
    return _digest(
        b"result", _software(), environment.encode(), fingerprint, code.encode("utf-8", "surrogatepass"), *_rows(limits)
    )


def likeness_of(environment: str, code: str, limits: pb.Limits, *, without_input: bool) -> bytes:
    """Return 32 bytes that are the same for evaluations that can share one run, whichever worker it gets."""
    return _digest(
        b"run", bytes([without_input]), environment.encode(), code.encode("utf-8", "surrogatepass"), *_rows(limits)
    )


def _software() -> bytes:
    return f"{sagews.__version__} {VERSION}".encode()


def _rows(limits: pb.Limits) -> Iterable[bytes]:
    """Yield the limits, those that are whole numbers apart from those that are not."""
    for name in sorted(NAMES):
        value = getattr(limits, name)
        yield name.encode()
        yield struct.pack(">d", value) if isinstance(value, float) else struct.pack(">Q", value)


def _digest(*fields: bytes) -> bytes:
    digest = hashlib.sha256()
    for field in fields:
        digest.update(struct.pack(">Q", len(field)))
        digest.update(field)
    return digest.digest()
