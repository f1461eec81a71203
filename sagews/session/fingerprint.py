"""The fingerprint of an environment: two that have the same one give the same results."""

import contextlib
import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator

import sagews
from sagews.protocol import VERSION

SIZE = 16
"""Bytes."""


def fingerprint(preloaded: Iterable[str], warm_up: str) -> bytes:
    """Return that of this interpreter with the modules that it has preloaded, and the site's own code that it ran."""
    return digest([*_facts(), *preloaded, warm_up])


def digest(facts: Iterable[str]) -> bytes:
    """Return a digest of facts, in their order and each for itself."""
    hashed = hashlib.blake2b(digest_size=SIZE)
    for fact in facts:
        data = fact.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(8) + data)
    return hashed.digest()


def _facts() -> Iterator[str]:
    yield from (sagews.__version__, str(VERSION), sys.implementation.name, sys.version)
    # The C library has the elementary functions; their last digits depend on it and on the processor.
    yield from (platform.machine(), os.confstr("CS_GNU_LIBC_VERSION") or "", *time.tzname)
    yield from sorted(_packages())


def _packages() -> Iterator[str]:
    """Yield the directories by which installed packages tell their names and versions: `numpy-2.3.5.dist-info`."""
    for entry in sys.path:
        with contextlib.suppress(OSError):
            yield from (name for name in os.listdir(entry or ".") if name.endswith((".dist-info", ".egg-info")))
