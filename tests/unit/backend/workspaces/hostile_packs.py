"""Packs that no client writes, of a few bytes, which would become very many (gitformat-pack(5))."""

import hashlib
import struct
import zlib

COMMIT, TREE, BLOB, REF_DELTA = 1, 2, 3, 7
COPY = b"\x80"
"""In a difference: 64 KiB from the beginning of the other content."""
COPIED = 1 << 16
COMMIT_HEAD = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\n"


def pack(*objects: bytes) -> bytes:
    data = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(objects)
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def claimed(kind: int, size: int, data: bytes = b"") -> bytes:
    """Return an object that says that it is so large."""
    return _head(kind, size) + zlib.compress(data)


def plain(kind: int, data: bytes) -> bytes:
    return claimed(kind, len(data), data)


def difference(base: bytes, size: int) -> bytes:
    """Return a content of so many bytes, which is another one, of COPIED bytes, again and again."""
    data = _number(len(base)) + _number(size) + COPY * (size // COPIED)
    oid = hashlib.sha1(b"blob %d\0" % len(base) + base, usedforsecurity=False).digest()
    return _head(REF_DELTA, len(data)) + oid + zlib.compress(data)


def _head(kind: int, size: int) -> bytes:
    first, rest = kind << 4 | size & 15, size >> 4
    return bytes([first | 0x80]) + _number(rest) if rest else bytes([first])


def _number(number: int) -> bytes:
    said = bytearray()
    while number > 0x7F:
        said.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*said, number])
