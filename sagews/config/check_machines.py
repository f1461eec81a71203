"""What is wrong with the machines of a site, and with what runs on them. Thinking only, no I/O."""

import difflib
import ipaddress
import re

from sagews.config.address import is_address
from sagews.config.check_front import check_front, check_haproxy, check_nginx
from sagews.config.machine import NAMED, Machine
from sagews.config.placement import Placed, has_postgresql, placed
from sagews.config.servers import comers, is_shared, postgresql
from sagews.config.site import Site
from sagews.config.source import Source
from sagews.errors import ConfigurationError

MOST_SERVICES = 64
"""Services of one kind on one machine."""
SINGLE = ("postgresql", "haproxy", "memcached", "nginx", "stunnel")
"""Kinds of which a machine has one at most."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_SSH = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.:-]*")


def check_machines(site: Site, source: Source) -> None:
    """Refuse machines that cannot be one site. Raises ConfigurationError."""
    names = [machine.name for machine in site.machine]
    for index, machine in enumerate(site.machine):
        _check_machine(machine, index, source)
        if machine.name in names[:index]:
            where = source("machine", index, "name")
            raise ConfigurationError(f"two machines are called {machine.name!r}", where, "rename one")
    here = [index for index, machine in enumerate(site.machine) if not machine.ssh]
    if len(here) > 1:
        where = source("machine", here[1])
        raise ConfigurationError("two machines have no 'machine.ssh'", where, "only one can be this machine")
    if site.machine:
        _check_services(site, source)
    check_haproxy(site.haproxy, source)
    check_nginx(site.nginx, source)
    for table in ("haproxy", "stunnel", "nginx", "postgresql", "memcached", "backend", "worker"):
        settings = getattr(site, table)
        for name in ("port", "https_port", "statistics_port"):
            port = getattr(settings, name, 0)
            if not 0 <= port <= 65535:
                what = f"setting '{table}.{name}': {port} is not a port"
                raise ConfigurationError(what, source(table, name), "use a number from 1 to 65535")


def _check_machine(machine: Machine, index: int, source: Source) -> None:
    of = f"of machine {machine.name!r}"
    if not _NAME.fullmatch(machine.name):
        hint = "use a lower-case letter, then at most 31 lower-case letters, digits and hyphens"
        raise ConfigurationError(
            f"setting 'machine.name': {machine.name!r} is not a name", source("machine", index, "name"), hint
        )
    if not (is_address(machine.address) or _HOST.fullmatch(machine.address)):
        raise ConfigurationError(
            f"setting 'machine.address' {of}: {machine.address!r} is no name of a machine and no address",
            source("machine", index, "address"),
            "give one, such as 10.0.0.2 or w2.lan",
        )
    if machine.ssh and not _SSH.fullmatch(machine.ssh):
        hint = "give a Host of OpenSSH's configuration, or USER@HOST"
        what = f"setting 'machine.ssh' {of}: {machine.ssh!r} is no destination"
        raise ConfigurationError(what, source("machine", index, "ssh"), hint)
    for kind, count in machine.services.items():
        setting, where = f"setting 'machine.services' {of}", source("machine", index, "services", kind)
        if kind not in NAMED:
            guess = difflib.get_close_matches(kind, NAMED, n=1)
            hint = f"did you mean {guess[0]!r}?" if guess else "one of " + ", ".join(NAMED)
            raise ConfigurationError(f"{setting}: {kind!r} is no service", where, hint)
        if not 0 <= count <= (1 if kind in SINGLE else MOST_SERVICES):
            most = 1 if kind in SINGLE else MOST_SERVICES
            raise ConfigurationError(f"{setting}: {count} of {kind!r} is not from 0 to {most}", where, "correct it")


def _check_services(site: Site, source: Source) -> None:
    services = placed(site)
    for kind in ("backend", "worker"):
        if not any(each.kind == kind for each in services):
            hint = f"write services = {{ {kind} = 1 }} for one of the machines"
            raise ConfigurationError(f"no machine has a {kind}", source("machine", 0), hint)
    several = len({each.machine.name for each in services if each.kind in ("backend", "haproxy", "nginx")}) > 1
    check_front(site, services, source)
    if several and any(_is_loopback(each.machine.address) for each in services if each.kind in ("backend", "nginx")):
        hint = "give an address by which the others reach it"
        raise ConfigurationError(
            "setting 'machine.address': is loopback, on a site of several machines", source("machine", 0), hint
        )
    many = sum(each.kind == "backend" for each in services) > 1
    if many and not any(each.kind == "haproxy" for each in services):
        hint = "write services = { haproxy = 1 } for one of the machines"
        raise ConfigurationError("several backends have no balancer before them", source("machine", 0), hint)
    having = [each.machine for each in services if each.kind == "postgresql"]
    if len(having) > 1:
        hint = "leave it to one, or give 'database.url' of a server that is there"
        raise ConfigurationError("two machines have a postgresql", source("postgresql"), hint)
    if having and site.database.url:
        hint = "leave out one of the two"
        raise ConfigurationError(
            "there is a postgresql, and 'database.url' names another", source("database", "url"), hint
        )
    if len({each.machine.name for each in services if each.kind == "backend"}) > 1 and not has_postgresql(site):
        hint = "write postgresql = 1 for one of the machines, or give 'database.url' of a database that all share"
        raise ConfigurationError(
            "backends on several machines cannot share a database that is a file", source("database"), hint
        )
    _check_shared(site, services, source)
    _check_ports(site, source)


def _check_shared(site: Site, services: list[Placed], source: Source) -> None:
    """Refuse servers that others come to by an address which is not theirs alone, or with certificates of others."""
    shared = {
        each.machine.name: each.kind for each in services if each.kind == "memcached" and is_shared(services, each)
    }
    if comers(services) and (server := postgresql(services)):
        shared[server.machine.name] = server.kind
    for index, machine in enumerate(site.machine):
        if machine.name not in shared:
            continue
        others = [each for each in site.machine if each is not machine]
        same = [each.name for each in others if each.address == machine.address]
        where, hint = (
            source("machine", index, "address"),
            f"give one by which the others reach its {shared[machine.name]}",
        )
        if same:
            what = f"setting 'machine.address': {machine.name!r} and {same[0]!r} have the same"
            raise ConfigurationError(what, where, hint)
        if _is_loopback(machine.address) and not all(_is_loopback(each.address) for each in others):
            raise ConfigurationError(f"setting 'machine.address' of machine {machine.name!r}: is loopback", where, hint)
    if shared and site.links.authority:
        what = (
            f"setting 'links.authority': the {next(iter(shared.values()))} that other machines reach has certificates"
        )
        hint = "leave it out, or name servers that are there by 'database.url' and 'cache.memcached_tls'"
        raise ConfigurationError(f"{what} of the site's own authority", source("links", "authority"), hint)


def _check_ports(site: Site, source: Source) -> None:
    taken: dict[tuple[str, int], str] = {}
    for each in placed(site):
        ports = [each.port] if each.port else []
        if each.kind == "haproxy":
            https = {"haproxy": [site.haproxy.https_port], "stunnel": [site.stunnel.port]}
            ports += [site.haproxy.statistics_port, *https.get(site.haproxy.speaks_tls, [])]
        for port in ports:
            if port > 65535:
                what = f"{each.name} would have port {port}"
                raise ConfigurationError(what, source(each.kind, "port"), "choose a lower first port")
            other = taken.setdefault((each.machine.name, port), each.name)
            if other != each.name or ports.count(port) > 1:
                what = f"{other} and {each.name} of machine {each.machine.name!r} would both have port {port}"
                raise ConfigurationError(what, source(each.kind, "port"), "choose other ports")


def _is_loopback(text: str) -> bool:
    return text == "localhost" or (is_address(text) and ipaddress.ip_address(text).is_loopback)
