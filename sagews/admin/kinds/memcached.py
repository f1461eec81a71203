"""memcached as a program."""

import os
from pathlib import Path

from sagews.admin.kinds.found import found
from sagews.admin.program import Answers, Program
from sagews.admin.supervisor.places import Places
from sagews.config.address import TCPAddress
from sagews.config.placement import LOOPBACK, Placed, placed
from sagews.config.site import Site

USER = "memcache"
"""Unix user of Debian's package."""
OVERHEAD = 4096
"""Bytes of a value beside a result, within which it stays under `-I`."""


def memcached(site: Site, own: Placed) -> Program:
    """Return the program of a memcached server: on loopback, unless backends of other machines use it."""
    others = any(each.kind == "backend" and each.machine is not own.machine for each in placed(site))
    address = TCPAddress(own.machine.address if others else LOOPBACK, own.port)
    largest = max(1 << 20, min(site.cache.max_value + OVERHEAD, site.memcached.memory // 2))
    return Program(
        name=own.name,
        kind=own.kind,
        command=(
            found("memcached", site.memcached.program),
            *("-l", address.host, "-p", str(address.port), "-U", "0"),
            *("-m", str(max(1, site.memcached.memory >> 20)), "-I", str(largest)),
            *("-c", str(site.memcached.connections), "-t", "2"),
        ),
        user=USER if os.geteuid() == 0 else "",
        directory=Path("/"),
        log=Places(site.data).logs / f"{own.name}.log",
        answers=Answers(address=str(address)),
    )
