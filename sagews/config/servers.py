"""The site's own PostgreSQL and memcached: which machines come to them, and by what. Thinking only, no I/O."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sagews.config.address import TCPAddress
from sagews.config.machine import Machine
from sagews.config.postgresql import BACKEND, LOGWATCH
from sagews.config.site import Site

if TYPE_CHECKING:
    from sagews.config.placement import Placed

LOOPBACK = "127.0.0.1"
ROLES = {"backend": BACKEND, "logwatch": LOGWATCH}
"""In which role each kind of service comes to the database."""


def postgresql(services: "Sequence[Placed]") -> "Placed | None":
    """Return the site's own PostgreSQL, if it has one."""
    return next((each for each in services if each.kind == "postgresql"), None)


def comers(services: "Sequence[Placed]") -> dict[str, list[Machine]]:
    """Return for each role the other machines from which services come to the site's own PostgreSQL in it."""
    found: dict[str, list[Machine]] = {}
    if (server := postgresql(services)) is None:
        return found
    for each in services:
        if (role := ROLES.get(each.kind)) and each.machine.name != server.machine.name:
            machines = found.setdefault(role, [])
            if each.machine not in machines:
                machines.append(each.machine)
    return found


def password_file(site: Site, role: str) -> Path:
    """Return the file of a role's password, which services show that are not on PostgreSQL's machine."""
    return site.data / "secrets" / f"{role}.password"


def verifier_file(site: Site, role: str) -> Path:
    """Return the file, in SQL, of what PostgreSQL knows of a role's password."""
    return site.data / "secrets" / f"{role}.sql"


def is_shared(services: "Sequence[Placed]", own: "Placed") -> bool:
    """Whether backends of other machines use a memcached server, so that it listens for them and asks who they are."""
    return any(each.kind == "backend" and each.machine.name != own.machine.name for each in services)


def memcached_address(services: "Sequence[Placed]", own: "Placed") -> TCPAddress:
    """Return where a memcached server listens, the same for all backends, which agree on servers by their names."""
    return own.address if is_shared(services, own) else TCPAddress(LOOPBACK, own.port)
