"""The address of a server, as a browser writes it."""

import socket


def url(host: str, port: int, token: str = "") -> str:
    """Return what to type into a browser for a server that listens on `host`."""
    name = _outward(host) or host
    if ":" in name:
        name = f"[{name}]"
    query = f"?token={token}" if token else ""
    return f"http://{name}:{port}/{query}"


def _outward(host: str) -> str:
    """Return this machine's own address for a server that listens on all of them, else nothing.

    Connecting a datagram socket sends nothing; it only looks up the route.
    The address is one of those set aside for documentation (RFC 5737, 3849).
    """
    if host in ("0.0.0.0", ""):  # noqa: S104  # compared, not bound
        family, anywhere, otherwise = socket.AF_INET, "192.0.2.1", "127.0.0.1"
    elif host == "::":
        family, anywhere, otherwise = socket.AF_INET6, "2001:db8::1", "::1"
    else:
        return ""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((anywhere, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return otherwise


def near(host: str) -> str:
    """Return the address by which this machine reaches a server of its own that listens on a host, or on all."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
