"""The key of a kept result: the same for whatever gives the same result, and for nothing else. Thinking only, no I/O.

It is a hash, so that nothing of a reader is in it to be read, and so that it
is a key whatever the code holds. What is hashed is a row of fields, each
with its length before it: no two rows are the same bytes.
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import sagews
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.service.limits import NAMES


def terms_of(environment: str, limits: pb.Limits) -> bytes:
    """Return 32 bytes for where code runs, and within which limits: those in force, lowered already."""
    return _digest(environment.encode(), *_rows(limits))


def subject_of(terms: bytes, code: str, language: str, expressions: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return 32 bytes for what is evaluated, and on which terms; any change of it is another subject.

    `language` is that of the code; empty: the environment's own. `expressions` are those whose values are told.
    """
    asked = (text.encode("utf-8", "surrogatepass") for pair in sorted(expressions.items()) for text in pair)
    return _digest(terms, language.encode(), code.encode("utf-8", "surrogatepass"), *asked)


def key_of(subject: bytes, fingerprint: bytes) -> bytes:
    """Return the 32 bytes of the key of a subject's result in an environment of that fingerprint."""
    return _digest(f"{sagews.__version__} {VERSION}".encode(), fingerprint, subject)


def _rows(limits: pb.Limits) -> Iterator[bytes]:
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
