"""The PROXY protocol: what a proxy says of a connection before the first byte of HTTP. Thinking only, no I/O.

Version 1 is a line of text, version 2 a block of bytes. Both say from where
the connection came to the proxy, or that it is the proxy's own (a check of
health). A receiver that expects a header takes nothing else; whoever sends
one is believed, so only those that the operator trusts are asked.

Source: "The PROXY protocol", versions 1 and 2, revision of 2020/03/05 (haproxy.org).
"""

import ipaddress
import struct
from dataclasses import dataclass

MAX_LINE = 107
"""Bytes of the longest line of version 1, its end included (section 2.1)."""
MAX_BLOCK = 4096
"""Bytes of a block of version 2 that is taken; the protocol allows 65,551, most of them for additions."""
HEADER_DEADLINE = 5.0
"""Seconds in which the header must be there; the protocol asks for at least 3 (section 2)."""

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_START = struct.Struct("!12sBBH")
_LOCAL, _PROXY = 0x20, 0x21
_TCP4, _TCP6 = 0x11, 0x21
_NO_ADDRESS = {0x00, 0x31}
"""Unspecified, and a Unix socket: the proxy knows no address."""
_ADDRESSES = {_TCP4: (4, 12), _TCP6: (16, 36)}
"""Bytes of one address, and of both with their ports."""
_TLS, _TLS_CLIENT = 0x20, 0x01
"""The addition that tells of TLS, and the bit that says that the client spoke it (section 2.2.5)."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says."""

    size: int
    """Bytes that it takes."""
    address: str
    """IP address of the client; empty if the proxy does not know it, or speaks for itself."""
    secure: bool = False
    """Whether the client spoke TLS with the proxy, as far as the proxy says."""


def parse(data: bytes) -> Header | None:
    """Return the header at the beginning of a connection; None while it is not whole.

    Raises ValueError, worded to follow "the proxy", for what is none.
    """
    start = data[: len(_SIGNATURE)]
    if _SIGNATURE.startswith(start):
        return _block(data) if len(data) >= _START.size else None
    if b"PROXY ".startswith(start[:6]):
        return _line(data)
    raise ValueError("sends no PROXY header")


def _line(data: bytes) -> Header | None:
    """Return what a line of version 1 says."""
    line, end, _ = data[:MAX_LINE].partition(b"\r\n")
    if not end:
        if len(data) >= MAX_LINE:
            raise ValueError(f"sends a PROXY line of over {MAX_LINE} bytes")
        return None
    words = line.decode("ascii", "replace").split(" ")
    size = len(line) + 2
    match words:
        case [_, "UNKNOWN", *_]:
            return Header(size, "")
        case [_, "TCP4" | "TCP6" as family, source, target, *ports] if len(ports) == 2 and all(map(_is_port, ports)):
            number = ipaddress.IPv4Address if family == "TCP4" else ipaddress.IPv6Address
            try:
                number(target)
                return Header(size, plain(number(source)))
            except ValueError as error:
                raise ValueError("sends a PROXY line with an address that is none") from error
    raise ValueError("sends a PROXY line that cannot be read")


def _is_port(text: str) -> bool:
    return text.isdigit() and len(text) <= 5 and int(text) <= 65535 and (text == "0" or text[0] != "0")


def _block(data: bytes) -> Header | None:
    """Return what a block of version 2 says."""
    _, command, family, length = _START.unpack_from(data)
    size = _START.size + length
    if command not in (_LOCAL, _PROXY):
        raise ValueError("sends a PROXY block of a version or command that is not known")
    if size > MAX_BLOCK:
        raise ValueError(f"sends a PROXY block of over {MAX_BLOCK:,} bytes")
    if command == _PROXY and family not in _NO_ADDRESS and family not in _ADDRESSES:
        raise ValueError("sends a PROXY block for a protocol that is not TCP")
    if len(data) < size:
        return None
    if command == _LOCAL or family in _NO_ADDRESS:
        return Header(size, "")
    one, both = _ADDRESSES[family]
    if length < both:
        raise ValueError("sends a PROXY block that is too short for its addresses")
    source = ipaddress.ip_address(data[_START.size : _START.size + one])
    return Header(size, plain(source), _speaks_tls(data[_START.size + both : size]))


def _speaks_tls(additions: bytes) -> bool:
    """Whether the additions (type, length, value) say that the client spoke TLS."""
    at = 0
    while at < len(additions):
        if at + 3 > len(additions):
            raise ValueError("sends a PROXY block whose additions are cut off")
        kind, length = struct.unpack_from("!BH", additions, at)
        value = additions[at + 3 : at + 3 + length]
        if len(value) < length:
            raise ValueError("sends a PROXY block whose additions are cut off")
        if kind == _TLS:
            return bool(value) and bool(value[0] & _TLS_CLIENT)
        at += 3 + length
    return False


def plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Return an address in its one usual form: an IPv4 address that is written as IPv6 as itself."""
    if isinstance(address, ipaddress.IPv6Address):
        # Without its zone, which only the machine that wrote it understands.
        return str(address.ipv4_mapped or ipaddress.IPv6Address(address.packed))
    return str(address)
