"""The settings of HAProxy, the balancer in front of a site."""

from typing import Literal

import msgspec


class HAProxy(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[haproxy]`: where a site is reached whose machines have a balancer."""

    host: str = "*"
    """Address to listen on. `*`: all."""
    port: int = 80
    """TCP port of HTTP; with TLS, what asks there is sent on to HTTPS."""
    https_port: int = 443
    """TCP port of HTTPS."""
    certificate: str = ""
    """File of the site's certificate with its chain and its key, in PEM. Empty: HTTP alone."""
    tls: Literal["", "none", "haproxy", "stunnel"] = ""
    """What speaks TLS with browsers: `haproxy` itself, a `stunnel` beside it, or `none`. Empty: `haproxy` where there
    is a certificate, otherwise `none`."""
    operators: list[str] = []
    """Addresses and networks from which the balancer's statistics may be seen, beside its own machine."""
    statistics_port: int = 8404
    """TCP port of the statistics, and below `/metrics` of those for Prometheus."""
    connections: int = 8000
    """Connections that it takes at once. Each needs two open files."""
    requests_per_address: int = 0
    """Requests that one IP address may send within ten seconds; those beyond are answered with 429. 0: no limit."""
    connections_per_address: int = 0
    """Connections that one IP address may have at once. 0: no limit."""
    tunnel_seconds: float = 3600.0
    """Seconds after which a WebSocket is ended on which nothing moves."""
    hard_stop_seconds: float = 3600.0
    """Seconds that connections may stay with the process of before a reload."""
    program: str = ""
    """Path of HAProxy. Empty: looked for where systems have it."""

    @property
    def speaks_tls(self) -> str:
        """What speaks TLS with browsers: `haproxy`, `stunnel`; empty for nothing."""
        if self.tls:
            return self.tls.replace("none", "")
        return "haproxy" if self.certificate else ""
