"""The secrets and certificates that a machine's services need, and no others: where each is here, and there."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet

from sagews.admin.directories import with_backend_directory
from sagews.admin.here.orders import Brought
from sagews.admin.machine_certificates import LINKED, folder, kinds, linked
from sagews.config.links import FILE_NAMES
from sagews.config.machine import Machine
from sagews.config.placement import for_machine, has_postgresql, here, placed
from sagews.config.servers import comers, password_file, postgresql, verifier_file
from sagews.config.site import Site
from sagews.errors import ConfigurationError
from sagews.service.access_token import FILE_NAME as ACCESS_TOKEN
from sagews.service.secret_file import make_secret, read_secret

TICKET_KEYS = "ticket-keys"
LARGEST = 1 << 18


def belongings(site: Site, machine: Machine) -> tuple[Brought, ...]:
    """Return the files of another machine. Raises ConfigurationError for one that is missing here, and says which."""
    own, there = with_backend_directory(for_machine(site, here(site))), for_machine(site, machine)
    found: list[Brought] = []
    wanted, links, files = kinds(site, machine), linked(site), _of_database(site, machine)
    names = [
        *(["authority"] if wanted or files else []),
        *(["token"] if links and set(wanted) & set(LINKED) else []),
        *(f"{kind}_{part}" for kind in wanted for part in ("certificate", "key")),
    ]
    for name in names:
        source = _link_file(own, machine, name)
        secret = name == "token" or name.endswith("_key")
        found.append(_file(source, there.link_file(name), secret=secret, hint="sagews admin certificates"))
    for place, role in files:
        found.append(_file(place(own, role), place(there, role), hint="sagews admin certificates"))
    if machine.services.get("backend"):
        keys = own.backend_data / TICKET_KEYS
        make_secret(keys, lambda: Fernet.generate_key().decode())
        found.append(_file(keys, there.data / TICKET_KEYS))
        if (token := own.backend_data / ACCESS_TOKEN).exists():
            found.append(_file(token, there.data / ACCESS_TOKEN))
    if site.database.password_file and (machine.services.get("backend") or has_postgresql(site)):
        password = Path(site.database.password_file).expanduser().absolute()
        found.append(msgspec.structs.replace(_file(password, password), shared=True))
    if site.haproxy.certificate and machine.services.get("haproxy"):
        certificate = Path(site.haproxy.certificate)
        found.append(_file(certificate, certificate, hint="sagews admin certificates --site-certificate FILE"))
    return tuple(found)


def _of_database(site: Site, machine: Machine) -> list[tuple[Callable[[Site, str], Path], str]]:
    """Return which of the database's files a machine needs, and of which roles: a password, or what it is known by."""
    services = placed(site)
    server = postgresql(services)
    place = verifier_file if server is not None and server.machine.name == machine.name else password_file
    return [
        (place, role)
        for role, others in comers(services).items()
        if place is verifier_file or machine.name in {each.name for each in others}
    ]


def _link_file(own: Site, machine: Machine, name: str) -> Path:
    """Return where a file of [links] is here: as named, the machine's own, or one that all machines have."""
    special = folder(own, machine) / FILE_NAMES[name]
    servers = name.startswith(("postgresql_", "memcached_"))
    return special if servers or (special.exists() and not getattr(own.links, name)) else own.link_file(name)


def _file(source: Path, target: Path, *, secret: bool = True, hint: str = "") -> Brought:
    hint = f"make it with {hint}" if hint and not source.exists() else "chmod 600 it, or put it there"
    try:
        content = read_secret(source, LARGEST, hint) if secret else source.read_bytes()
        return Brought(path=str(target), text=content.decode(), mode=0o600 if secret else 0o644)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(source), hint) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("is not text", str(source), "put the right file there") from error
