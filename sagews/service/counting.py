"""As whom a reader is counted: what one account or one address may have rests on it. Thinking only, no I/O."""

import ipaddress

ACCOUNT, ADDRESS = "account:", "address:"
"""What the `reader` of an Open begins with."""
_NETWORK = 64
"""Bits of an IPv6 address that tell one reader from another: the rest is the reader's own to choose (RFC 6177)."""


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
