"""Addresses of services, as an operator writes them."""

from pathlib import Path

import pytest

from sagews.config.address import TCPAddress, parse_tcp_address, parse_worker_address
from sagews.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("h:1", "h", 1),
        ("10.0.0.5:0", "10.0.0.5", 0),
        ("[::1]:7400", "::1", 7400),
        ("w2.example.org:65535", "w2.example.org", 65535),
    ],
)
def test_hosts_and_ports(text: str, host: str, port: int) -> None:
    assert parse_tcp_address(text, "it") == TCPAddress(host, port)
    assert str(parse_tcp_address(text, "it")) == text


@pytest.mark.parametrize("text", ["", "h", ":1", "h:", "h:x", "h:65536", "h:-1", "::1:7400", "[]:1", "h:\u0661"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="write HOST:PORT"):
        parse_tcp_address(text, "it")


def test_workers() -> None:
    assert parse_worker_address("unix:/run/w1.sock", "it") == Path("/run/w1.sock")
    assert parse_worker_address("h:1", "it") == TCPAddress("h", 1)
    with pytest.raises(ConfigurationError, match="is not an absolute path"):
        parse_worker_address("unix:w1.sock", "it")
