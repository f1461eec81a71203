"""The address of a server, as a browser writes it."""

import socket

from sagews.config.site import Site


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


def public_url(site: Site) -> str:
    """Return the address under which readers know a site, as far as its configuration says."""
    tls = site.haproxy.speaks_tls and any(each.services.get("haproxy") for each in site.machine)
    if site.backend.hosts:
        scheme = "https" if tls or site.backend.https else "http"
        return f"{scheme}://{site.backend.hosts[0]}/"
    return url(site.backend.host, site.backend.port)
