"""Where services meet: a Unix socket of this machine, or a host and a port."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from sagews.errors import ConfigurationError

UNIX = "unix:"


@dataclass(frozen=True, slots=True)
class TCPAddress:
    """A host and a port."""

    host: str
    """A name, or an address without brackets."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_address(text: str) -> bool:
    """Whether a text is an IP address, and not a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def parse_tcp_address(text: str, noun: str) -> TCPAddress:
    """Return the host and port of `HOST:PORT` or `[ADDRESS]:PORT`; `noun` is what the text is the value of.

    Raises ConfigurationError.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ConfigurationError(f"{text!r} is not an address", noun, "write HOST:PORT, such as 10.0.0.5:7400")
    return TCPAddress(host, int(port))


def parse_worker_address(text: str, noun: str) -> Path | TCPAddress:
    """Return where a worker listens: the path of `unix:PATH`, or a host and port. Raises ConfigurationError."""
    if not text.startswith(UNIX):
        return parse_tcp_address(text, noun)
    path = Path(text.removeprefix(UNIX))
    if not path.is_absolute():
        raise ConfigurationError(f"{text!r} is not an absolute path", noun, "write unix:/path/of/the/socket")
    return path
