"""Which services run on which machine and where they listen, and the site as each of them sees it. Thinking only."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sagews.config.address import UNIX, TCPAddress, is_address
from sagews.config.machine import KINDS, LONE, Machine
from sagews.config.postgresql import BACKEND, LOGWATCH
from sagews.config.servers import LOOPBACK as LOOPBACK
from sagews.config.servers import ROLES, is_shared, memcached_address, password_file, postgresql
from sagews.config.site import Site
from sagews.errors import ConfigurationError

DATABASE = "sagews"
"""Name of the database in the site's own PostgreSQL."""
LOGWATCH_CONNECTIONS = 2
"""Connections to PostgreSQL that a logwatch has at most."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One service of the site."""

    name: str
    """Its name in the whole site: its kind, and a number."""
    kind: str
    machine: Machine
    number: int
    """Which of its kind it is on its machine, from 0."""
    port: int
    """TCP port on which it listens; 0 if it listens on none."""

    @property
    def address(self) -> TCPAddress:
        """Where other machines reach it."""
        return TCPAddress(self.machine.address, self.port)


def machines(site: Site) -> list[Machine]:
    """Return the machines of a site; of one that names none, the one that it has."""
    return site.machine or [LONE]


def here(site: Site) -> Machine:
    """Return the machine on which `sagews admin` runs: the one that is not reached by OpenSSH, otherwise the first."""
    return min(machines(site), key=lambda each: bool(each.ssh))


def machine(site: Site, name: str) -> Machine:
    """Return the machine of a name. Raises ConfigurationError."""
    for each in machines(site):
        if each.name == name:
            return each
    raise ConfigurationError("is no machine of the site", name or "''", "see [[machine]] in the configuration")


def placed(site: Site) -> list[Placed]:
    """Return all services of a site, numbered through, in the order of its machines and of KINDS."""
    count: Counter[str] = Counter()
    found = []
    for each in machines(site):
        for kind, number in _services(site, each):
            count[kind] += 1
            port = first_port(site, kind)
            found.append(Placed(f"{kind}{count[kind]}", kind, each, number, port + number if port else 0))
    return found


def named(site: Site, name: str) -> Placed:
    """Return the service of a name. Raises ConfigurationError."""
    services = placed(site)
    for each in services:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in services)
    raise ConfigurationError("is no service of the site", name, f"it has {known}")


def _services(site: Site, machine: Machine) -> Iterator[tuple[str, int]]:
    """Yield the kind and the number of each service of a machine."""
    for kind in KINDS:
        count = int(has_postgresql(site)) if kind == "logwatch" else machine.services.get(kind, 0)
        for number in range(count):
            yield kind, number


def has_postgresql(site: Site) -> bool:
    """Whether the site's database is PostgreSQL: its own, or one that is there."""
    return bool(site.database.url) or any(each.services.get("postgresql") for each in site.machine)


def socket_directory(site: Site) -> Path:
    """Return where the Unix socket of the site's own PostgreSQL is, on its machine."""
    return site.data / "postgresql" / "run"


def with_role(site: Site, role: str, there: Machine) -> Site:
    """Return the site of a machine with the database as a role sees it from there.

    On PostgreSQL's own machine that is its Unix socket, and the system says who comes; from another one, TLS and a
    password. Only services come from other machines: for those who are none, such a database has no address.
    """
    if site.database.url or (server := postgresql(placed(site))) is None:
        return site
    if server.machine.name == there.name:
        where = f"host={socket_directory(site)}&port={server.port}"
        database = msgspec.structs.replace(site.database, url=f"postgresql+asyncpg://{role}@/{DATABASE}?{where}")
    elif role not in ROLES.values():
        return site
    else:
        database = msgspec.structs.replace(
            site.database,
            url=f"postgresql+asyncpg://{role}@{server.address}/{DATABASE}",
            password_file=str(password_file(site, role)),
            authority=str(site.link_file("authority")),
        )
    return msgspec.structs.replace(site, database=database)


def first_port(site: Site, kind: str) -> int:
    """Return the port of a machine's first service of a kind; the others have those that follow. 0: none."""
    match kind:
        case "backend":
            return site.backend.port
        case "worker":
            return site.worker.port
        case "nginx":
            return site.nginx.port
        case "haproxy":
            return site.haproxy.port
        case "stunnel":
            return site.haproxy.https_port
        case "memcached":
            return site.memcached.port
        case "postgresql":
            return site.postgresql.port
        case _:
            return 0


def for_machine(site: Site, machine: Machine) -> Site:
    """Return the site with the directories of a machine."""
    return msgspec.structs.replace(
        site,
        data_directory=machine.data_directory or site.data_directory,
        runtime_directory=machine.runtime_directory or site.runtime_directory,
    )


def for_service(site: Site, name: str) -> Site:
    """Return the site as the service of a name sees it: where it listens, and where it finds the others.

    Raises ConfigurationError.
    """
    services, own = placed(site), named(site, name)
    there = for_machine(site, own.machine)
    if not site.machine:
        return there
    match own.kind:
        case "backend":
            return with_role(_for_backend(there, own, services), BACKEND, own.machine)
        case "worker":
            return _for_worker(there, own, services)
        case "logwatch":
            return with_role(_for_logwatch(there), LOGWATCH, own.machine)
        case _:
            return there


def _for_backend(site: Site, own: Placed, services: list[Placed]) -> Site:
    balancers = [each for each in services if each.kind == "haproxy"]
    fronts = [each for each in services if each.kind in ("haproxy", "nginx")]
    host = host_for(own, asking(services, "backend")) if fronts else site.backend.host
    others = {name: str(address) for name, address in reached(services, "backend").items() if name != own.name}
    backend = msgspec.structs.replace(
        site.backend,
        name=own.name,
        neighbours={**site.backend.neighbours, **others},
        port=own.port,
        host=host,
        workers=[_worker_address(site, own, each) for each in services if each.kind == "worker"],
        trusted_proxies=[*site.backend.trusted_proxies, *seen_as(own, host, fronts)],
        public=site.backend.public or bool(balancers),
        https=site.backend.https or bool(balancers and site.haproxy.speaks_tls),
    )
    servers = [each for each in services if each.kind == "memcached"]
    plain = [str(memcached_address(services, each)) for each in servers if not is_shared(services, each)]
    secured = [str(memcached_address(services, each)) for each in servers if is_shared(services, each)]
    cache = msgspec.structs.replace(
        site.cache,
        memcached=[*site.cache.memcached, *plain],
        memcached_tls=[*site.cache.memcached_tls, *secured],
    )
    operators = [*site.operators, *_machine_addresses(services)]
    return msgspec.structs.replace(site, backend=backend, cache=cache, operators=operators)


def _for_logwatch(site: Site) -> Site:
    """Return the site with no more connections than a logwatch uses, who does one thing after another."""
    database = msgspec.structs.replace(site.database, connections=min(site.database.connections, LOGWATCH_CONNECTIONS))
    return msgspec.structs.replace(site, database=database)


def _for_worker(site: Site, own: Placed, services: list[Placed]) -> Site:
    others = any(each.kind == "backend" and each.machine is not own.machine for each in services)
    worker = msgspec.structs.replace(
        site.worker,
        name=own.name,
        listen=str(own.address) if others else "",
        user_part=own.number,
        # Without a list of users, there are enough for any number: a new worker then changes none that runs.
        user_parts=own.machine.services["worker"] if site.worker.users else own.number + 1,
    )
    # Whom its backends ask for a token, it has to know as they do.
    seen = next(
        (_for_backend(site, each, services).backend for each in services if each.kind == "backend"), site.backend
    )
    return msgspec.structs.replace(site, worker=worker, backend=msgspec.structs.replace(seen, workers=[]))


def asking(services: list[Placed], kind: str) -> list[Placed]:
    """Return the services that ask each nginx, or each backend: those in front of it, and its neighbours."""
    kinds = ("haproxy",) if kind == "nginx" else ("haproxy", "nginx", "backend")
    return [each for each in services if each.kind in kinds]


def host_for(own: Placed, asking: list[Placed]) -> str:
    """Return the address on which a service listens: no wider than those need who ask it."""
    return LOOPBACK if all(each.machine is own.machine for each in asking) else own.machine.address


def seen_as(own: Placed, host: str, asking: list[Placed]) -> list[str]:
    """Return the addresses from which a service is asked; who is on its own machine comes from where it listens."""
    return sorted({host if each.machine is own.machine else each.machine.address for each in asking})


def _machine_addresses(services: list[Placed]) -> list[str]:
    """Return the addresses of a site's machines, those that are numbers."""
    return sorted({each.machine.address for each in services if is_address(each.machine.address)})


def reached(services: list[Placed], kind: str) -> dict[str, TCPAddress]:
    """Return where each nginx, or each backend, is reached by those who ask it."""
    who = asking(services, kind)
    return {each.name: TCPAddress(host_for(each, who), each.port) for each in services if each.kind == kind}


def seen_from(own: Placed, other: Placed) -> TCPAddress:
    """Return where a service reaches another one."""
    return TCPAddress(LOOPBACK, other.port) if other.machine is own.machine else other.address


def _worker_address(site: Site, own: Placed, worker: Placed) -> str:
    if worker.machine is own.machine:
        return f"{UNIX}{Path(site.runtime_directory).absolute() / worker.name}.sock"
    return str(worker.address)
