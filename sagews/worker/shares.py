"""How many sessions one account or one address has. Thinking only, no I/O."""

import ipaddress
from collections import Counter

from sagews.config.worker import Worker
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.refusal import Refusal

ACCOUNT, ADDRESS = "account:", "address:"
"""What the `reader` of an Open begins with."""
_NETWORK = 64
"""Bits of an IPv6 address that tell one reader from another: the rest is the reader's own to choose (RFC 6177)."""


class Shares:
    """Counts the sessions of each reader that live or are being opened."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._readers: Counter[str] = Counter()

    def enter(self, reader: str) -> str:
        """Count one more session; return what `leave` wants. Raises Refusal when the reader has enough."""
        worker = self._worker
        key = counted_as(reader)
        limit = worker.sessions_per_account if key.startswith(ACCOUNT) else worker.sessions_per_address
        if key and limit and self._readers[key] >= limit:
            noun = "this account" if key.startswith(ACCOUNT) else "this address"
            raise Refusal(
                pb.FAILURE_CODE_FULL,
                f"has {_sessions(limit)} already, the most that it may have",
                noun,
                "close one of them first",
            )
        self._readers[key] += 1
        return key

    def leave(self, key: str) -> None:
        """Count one session less."""
        self._readers[key] -= 1
        if not self._readers[key]:
            del self._readers[key]


def counted_as(reader: str) -> str:
    """Return under which name a reader is counted; empty for one who is not.

    An IPv6 address counts as its network, one that carries an IPv4 address as that.
    """
    if not reader or reader.startswith(ACCOUNT):
        return reader
    try:
        address = ipaddress.ip_address(reader.removeprefix(ADDRESS).partition("%")[0])
    except ValueError:
        return reader
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return f"{ADDRESS}{ipaddress.ip_network((int(address), _NETWORK), strict=False)}"
        address = address.ipv4_mapped
    return f"{ADDRESS}{address}"


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"
