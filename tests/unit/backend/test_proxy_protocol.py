"""The PROXY protocol: what is well is read, whatever is not is refused, and nothing is held without end."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.backend.proxy_protocol import MAX_BLOCK, MAX_LINE, Header, parse

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HTTP = b"GET / HTTP/1.1\r\n"


def block(command: int, family: int, addresses: bytes, additions: bytes = b"", length: int | None = None) -> bytes:
    """Return a block of version 2."""
    size = len(addresses) + len(additions) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, size) + addresses + additions


def addition(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


FOUR = bytes([192, 0, 2, 7, 10, 0, 0, 1]) + struct.pack("!HH", 40_000, 443)
SIX = ipaddress.ip_address("2001:db8::7").packed + ipaddress.ip_address("fd00::1").packed + struct.pack("!HH", 1, 2)
MAPPED = ipaddress.ip_address("::ffff:192.0.2.7").packed * 2 + struct.pack("!HH", 1, 2)
TLS = addition(0x20, b"\x01" + b"\0" * 4 + addition(0x21, b"TLSv1.3"))

WELL = [
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 443\r\n", "192.0.2.7", False),
    (b"PROXY TCP6 2001:db8::7 fd00::1 40000 443\r\n", "2001:db8::7", False),
    (b"PROXY TCP6 2001:0DB8:0::0007 fd00::1 0 65535\r\n", "2001:db8::7", False),
    (b"PROXY TCP6 ::ffff:192.0.2.7 fd00::1 1 2\r\n", "192.0.2.7", False),
    (b"PROXY UNKNOWN\r\n", "", False),
    (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "", False),
    (block(0x21, 0x11, FOUR), "192.0.2.7", False),
    (block(0x21, 0x21, SIX), "2001:db8::7", False),
    (block(0x21, 0x21, MAPPED), "192.0.2.7", False),
    (block(0x21, 0x11, FOUR, addition(0x03, b"\0\0\0\0") + addition(0x04, b"")), "192.0.2.7", False),
    (block(0x21, 0x11, FOUR, addition(0x05, b"id") + TLS), "192.0.2.7", True),
    (block(0x21, 0x11, FOUR, addition(0x20, b"\x00\0\0\0\0")), "192.0.2.7", False),
    (block(0x21, 0x11, FOUR, addition(0x20, b"")), "192.0.2.7", False),
    (block(0x20, 0x00, b""), "", False),
    (block(0x20, 0x11, FOUR), "", False),
    (block(0x20, 0xFF, b"whatever"), "", False),
    (block(0x21, 0x00, b"x" * 40), "", False),
    (block(0x21, 0x31, b"/" + b"\0" * 215), "", False),
]


@pytest.mark.parametrize(("data", "address", "secure"), WELL)
def test_headers_that_are_well(data: bytes, address: str, secure: bool) -> None:
    assert parse(data + HTTP) == parse(data) == Header(len(data), address, secure)
    for cut in range(len(data)):
        assert parse(data[:cut]) is None, cut


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (HTTP, "no PROXY header"),
        (b"\0", "no PROXY header"),
        (b"PROXX", "no PROXY header"),
        (b"proxy TCP4 192.0.2.7 10.0.0.1 1 2\r\n", "no PROXY header"),
        (b"\r\nGET / HTTP/1.1", "no PROXY header"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 1\r\n", "cannot be read"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2 3\r\n", "cannot be read"),
        (b"PROXY  TCP4 192.0.2.7 10.0.0.1 1 2\r\n", "cannot be read"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 1 65536\r\n", "cannot be read"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 -1 2\r\n", "cannot be read"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 01 2\r\n", "cannot be read"),
        (b"PROXY TCP4 192.0.2.7 10.0.0.1 \xb2 2\r\n", "cannot be read"),
        (b"PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n", "cannot be read"),
        (b"PROXY \r\n", "cannot be read"),
        (b"PROXY TCP4 192.0.2.777 10.0.0.1 1 2\r\n", "address that is none"),
        (b"PROXY TCP4 192.0.2.7 evil 1 2\r\n", "address that is none"),
        (b"PROXY TCP4 2001:db8::7 10.0.0.1 1 2\r\n", "address that is none"),
        (b"PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n", "address that is none"),
        (b"PROXY TCP4 192.0.2.7\r\nX: y 10.0.0.1 1 2\r\n", "cannot be read"),
        (b"PROXY TCP4 " + b"1" * MAX_LINE, f"over {MAX_LINE} bytes"),
        (b"PROXY UNKNOWN " + b"x" * MAX_LINE + b"\r\n", f"over {MAX_LINE} bytes"),
        (block(0x11, 0x11, FOUR), "version or command"),
        (block(0x22, 0x11, FOUR), "version or command"),
        (block(0x21, 0x12, FOUR), "not TCP"),
        (block(0x21, 0x41, FOUR), "not TCP"),
        (block(0x21, 0x11, FOUR, length=11), "too short for its addresses"),
        (block(0x21, 0x21, FOUR), "too short for its addresses"),
        (block(0x21, 0x11, b"", length=65_535), f"over {MAX_BLOCK:,} bytes"),
        (block(0x20, 0x00, b"", length=MAX_BLOCK - 15), f"over {MAX_BLOCK:,} bytes"),
        (block(0x21, 0x11, FOUR, b"\x03"), "cut off"),
        (block(0x21, 0x11, FOUR, b"\x03\xff\xff1234"), "cut off"),
    ],
)
def test_headers_that_are_none(data: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        parse(data)


@given(st.binary(max_size=200), st.integers(0, len(WELL) - 1), st.integers(0, 250), st.booleans())
def test_whatever_comes_is_read_or_refused(noise: bytes, sample: int, at: int, keeps_start: bool) -> None:
    known = WELL[sample][0]
    data = known[:at] + noise + known[at + len(noise) :] if keeps_start else noise
    try:
        header = parse(data)
    except ValueError as error:
        assert str(error).startswith("sends ")
        return
    if header is None:
        assert len(data) < MAX_BLOCK
    else:
        assert 0 < header.size <= len(data)
        assert header.address == "" or str(ipaddress.ip_address(header.address)) == header.address


@given(st.ip_addresses(), st.ip_addresses(v=4), st.integers(0, 65535))
def test_every_address_is_read(source: ipaddress.IPv4Address | ipaddress.IPv6Address, four: object, port: int) -> None:
    family = f"TCP{source.version}"
    target = "fd00::1" if source.version == 6 else str(four)
    line = parse(f"PROXY {family} {source} {target} {port} {port}\r\n".encode())
    packed = source.packed * 2 + struct.pack("!HH", port, port)
    binary = parse(block(0x21, 0x21 if source.version == 6 else 0x11, packed))
    assert line is not None and binary is not None
    assert line.address == binary.address
    mapped = getattr(source, "ipv4_mapped", None)
    assert ipaddress.ip_address(line.address) == (mapped or source)
