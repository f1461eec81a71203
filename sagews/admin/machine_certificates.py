"""The certificates of a site's machines: which are wanted, where they are here, and how long they are good.

Those of this machine lie where its services read them; those of another one
below `certificates/machines/NAME`, until `sagews admin install` brings them.
"""

import datetime
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography import x509

from sagews.admin.certificate_file import day, names_of, read_certificate, soon
from sagews.admin.certificates import Certificates
from sagews.admin.database_passwords import missing
from sagews.config.links import FILE_NAMES
from sagews.config.machine import Machine
from sagews.config.placement import for_machine, here, machines, placed
from sagews.config.servers import comers, is_shared
from sagews.config.site import Site

LINKED = ("worker", "backend")
"""Kinds of services that show each other certificates."""

WITHIN_SITE = datetime.timedelta(days=2)
"""Before its end, the certificate that browsers see is said to be late."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate, as it is shown."""

    machine: str
    service: str
    """`authority`, a kind of service, `site` for what browsers see, or `database` for a password that is missing."""
    file: str
    names: tuple[str, ...] = ()
    until: str = ""
    """Its last day; empty if there is none."""
    renew: bool = True
    """Whether it is missing or ends soon."""


def needed(site: Site) -> bool:
    """Whether any service of the site needs a certificate."""
    return any(kinds(site, machine) for machine in machines(site))


def linked(site: Site) -> bool:
    """Whether backends and workers are on different machines, so that they show each other certificates and a token."""
    return len([each for each in machines(site) if any(each.services.get(kind) for kind in LINKED)]) > 1


def kinds(site: Site, machine: Machine) -> tuple[str, ...]:
    """Return which services of a machine need a certificate: those that meet services of other machines."""
    services = placed(site)
    shared = [each for each in services if each.kind == "memcached" and is_shared(services, each)]
    wanted = {*(LINKED if linked(site) else ()), *(("backend", "memcached") if shared else ())}
    wanted |= {"postgresql"} if comers(services) else set()
    having = {each.kind for each in services if each.machine.name == machine.name}
    having -= set() if any(each.machine.name == machine.name for each in shared) else {"memcached"}
    return tuple(kind for kind in (*LINKED, "postgresql", "memcached") if kind in wanted & having)


def folder(site: Site, machine: Machine) -> Path:
    """Return where the certificates of a machine are on this one."""
    own = for_machine(site, here(site)).certificates
    return own if machine is here(site) else own / "machines" / machine.name


def make(site: Site, tell: Callable[[str], None], *, renew: bool, renew_token: bool) -> None:
    """Make what is missing for each machine, or new ones. Raises ConfigurationError."""
    own = for_machine(site, here(site)).certificates
    Certificates(own, tell).make_for(kinds(site, here(site)), [here(site).address], renew=renew)
    if linked(site):
        Certificates(own, tell).make_token(renew=renew_token)
    for machine in machines(site):
        if machine is not here(site) and (wanted := kinds(site, machine)):
            Certificates(folder(site, machine), tell, own).make_for(wanted, [machine.address], renew=renew)


def shown(site: Site) -> list[Shown]:
    """Return the certificates of a site, as far as they are needed. Raises ConfigurationError for a broken file."""
    found = []
    if needed(site):
        own = for_machine(site, here(site))
        found.append(_shown("", "authority", own.link_file("authority")))
        for machine in machines(site):
            for kind in kinds(site, machine):
                named: str = getattr(site.links, f"{kind}_certificate", "")
                path = folder(site, machine) / FILE_NAMES[f"{kind}_certificate"]
                found.append(_shown(machine.name, kind, Path(named).expanduser() if named else path))
    for path in missing(site):
        found.append(Shown(machine="", service="database", file=str(path)))
    if site.haproxy.certificate:
        found.append(_shown("", "site", Path(site.haproxy.certificate)))
    return found


def _shown(machine: str, service: str, path: Path) -> Shown:
    if not path.exists():
        return Shown(machine=machine, service=service, file=str(path))
    certificate: x509.Certificate = read_certificate(path)
    return Shown(
        machine=machine,
        service=service,
        file=str(path),
        names=tuple(sorted(names_of(certificate))),
        until=day(certificate),
        # What others sign may live for six days; whoever renews it is an ACME client, in its own time.
        renew=soon(certificate, WITHIN_SITE) if service == "site" else soon(certificate),
    )
