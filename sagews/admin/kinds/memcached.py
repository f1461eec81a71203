"""memcached as a program: on loopback for backends of its machine, or with TLS for those of others.

With TLS it lets in whoever shows a backend's certificate: OpenSSL sees to it
that a worker's, which is a server's, is none (RFC 5280, 4.2.1.12).
"""

import hashlib
import os
from pathlib import Path

from sagews.admin.kinds.found import found
from sagews.admin.program import Answers, Program
from sagews.admin.supervisor.places import Places
from sagews.config.placement import Placed, placed
from sagews.config.servers import is_shared, memcached_address
from sagews.config.site import Site

USER = "memcache"
"""Unix user of Debian's package."""
OVERHEAD = 4096
"""Bytes of a value beside a result, within which it stays under `-I`."""
REQUIRE, TLS_1_3 = 2, 3
"""Of `ssl_verify_mode` and `ssl_min_version` (memcached(1))."""


def memcached(site: Site, own: Placed) -> Program:
    """Return the program of a memcached server."""
    services = placed(site)
    address = memcached_address(services, own)
    largest = max(1 << 20, min(site.cache.max_value + OVERHEAD, site.memcached.memory // 2))
    shared = is_shared(services, own)
    return Program(
        name=own.name,
        kind=own.kind,
        command=(
            found("memcached", site.memcached.program),
            *("-l", f"[{address.host}]" if ":" in address.host else address.host, "-p", str(address.port), "-U", "0"),
            *("-m", str(max(1, site.memcached.memory >> 20)), "-I", str(largest)),
            *("-c", str(site.memcached.connections), "-t", "2"),
            *(_tls(site) if shared else ()),
        ),
        # It reads its certificate when it starts, and has nothing that may not be lost.
        environment={"SAGEWS_CERTIFICATE": _digest(site.link_file("memcached_certificate"))} if shared else {},
        user=USER if os.geteuid() == 0 else "",
        # A path with a comma would be two of its options.
        directory=site.certificates if shared else Path("/"),
        log=Places(site.data).logs / f"{own.name}.log",
        answers=Answers(address=str(address)),
        reads=(site.link_file("memcached_key"),) if shared else (),
    )


def _tls(site: Site) -> tuple[str, ...]:
    names = {
        "ssl_chain_cert": site.link_file("memcached_certificate").name,
        "ssl_key": site.link_file("memcached_key").name,
        "ssl_ca_cert": site.link_file("authority").name,
        "ssl_verify_mode": str(REQUIRE),
        "ssl_min_version": str(TLS_1_3),
    }
    return "-Z", "-o", ",".join(f"{name}={value}" for name, value in names.items())


def _digest(path: Path) -> str:
    """Return a word for a certificate; the same for all that are not there, without which it does not start."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
