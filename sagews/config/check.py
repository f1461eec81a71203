"""What is wrong with a site whose settings have the right types. Thinking only, no I/O."""

import difflib
import ipaddress
import re
from urllib.parse import urlsplit

from sagews.config.accounts import Accounts
from sagews.config.address import parse_tcp_address, parse_worker_address
from sagews.config.backend import Backend
from sagews.config.check_machines import check_machines
from sagews.config.check_printing import check_printing
from sagews.config.check_quotas import check_quotas
from sagews.config.check_sagecell import check_sagecell
from sagews.config.embedding import check_embedding
from sagews.config.environment import Environment
from sagews.config.imports import check_imports
from sagews.config.limits import LEAST_OPEN_FILES, Limits
from sagews.config.logwatch import check_logwatch
from sagews.config.provider import check_providers
from sagews.config.rates import Rates, check_rates
from sagews.config.site import Site
from sagews.config.source import Source
from sagews.errors import ConfigurationError

MAX_WARM_UP = 1 << 16
"""Bytes of a `warm_up`, which is an argument of the zygote's command line."""
NAME_HINT = "use a lower-case letter, then at most 15 lower-case letters and digits"

MAX_ACCOUNT_TIME = 1e9
"""Seconds of a login, or days of the audit: over thirty years."""
MAX_RECENT = 24 * 60.0
"""Minutes for which a sign-in is recent: a day, within which a browser that is left open is found."""

_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")
_LOWERED = tuple(name for name in Limits.__struct_fields__ if name != "interrupt_pause")
"""Limits that an environment may lower."""


def check_site(site: Site, source: Source) -> None:
    """Refuse values whose type is right and whose meaning is not. Raises ConfigurationError, with the line."""
    _check_networks(site.operators, "operators", source("operators"))
    _check_networks(site.sagecell.service_peers, "sagecell.service_peers", source("sagecell", "service_peers"))
    _check_environments(site, source)
    _check_limits(site, source)
    _check_database(site, source)
    check_machines(site, source)
    check_logwatch(site.logwatch, source)
    _check_worker(site, source)
    _check_cache(site, source)
    _check_backend(site.backend, source)
    _check_accounts(site.accounts, source)
    check_providers(site.provider, source)
    check_imports(site.imports, source)
    check_quotas(site.quotas, site.limits, source)
    check_printing(site, source)
    check_sagecell(site, source)
    check_embedding(site.embedding, source)
    if site.rates != Rates():
        check_rates(site.rates, source)


def _check_accounts(accounts: Accounts, source: Source) -> None:
    most = dict.fromkeys(("login_idle", "login_life", "audit_days"), MAX_ACCOUNT_TIME)
    for name, longest in {**most, "recent_minutes": MAX_RECENT}.items():
        # What is no number is refused too.
        if not 0 < getattr(accounts, name) <= longest:
            raise ConfigurationError(
                f"setting 'accounts.{name}': is not above 0, or over {longest:,.0f}",
                source("accounts", name),
                "correct its value",
            )
    for index, domain in enumerate(accounts.domains):
        if not _DOMAIN.fullmatch(domain):
            raise ConfigurationError(
                f"setting 'accounts.domains': {domain!r} is no domain",
                source("accounts", "domains", index),
                "write it as example.org",
            )


def _check_environments(site: Site, source: Source) -> None:
    if not site.environment:
        raise ConfigurationError("has no environment", source("environment"), "leave out [[environment]] or name one")
    names = [environment.name for environment in site.environment]
    for index, (environment, name) in enumerate(zip(site.environment, names, strict=True)):
        where = source("environment", index, "name")
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"setting 'environment.name': {name!r} is not a name", where, NAME_HINT)
        if name in names[:index]:
            raise ConfigurationError(f"two environments are called {name!r}", where, "rename one")
        if len(environment.warm_up.encode()) > MAX_WARM_UP or "\0" in environment.warm_up:
            raise ConfigurationError(
                f"setting 'environment.warm_up' of {name!r}: is over {MAX_WARM_UP:,} bytes, or holds a NUL",
                source("environment", index, "warm_up"),
                "import a module that does the rest",
            )
        for limit, value in environment.limits.items():
            where = source("environment", index, "limits", limit)
            _check_lowered(environment, limit, value, site.limits, where)


def _check_lowered(environment: Environment, name: str, value: float, limits: Limits, where: str) -> None:
    """Refuse a limit of an environment that the site does not have, or that is no lower than the site's."""
    setting = f"setting 'environment.limits.{name}' of {environment.name!r}"
    if name not in _LOWERED:
        guess = difflib.get_close_matches(name, _LOWERED, n=1)
        hint = f"did you mean {guess[0]!r}?" if guess else "one of " + ", ".join(_LOWERED)
        raise ConfigurationError(f"{setting}: is not known", where, hint)
    if isinstance(getattr(limits, name), int) and not float(value).is_integer():
        raise ConfigurationError(f"{setting}: is not a whole number", where, "correct its value")
    site = getattr(limits, name)
    if not 0 < value < float("inf"):
        raise ConfigurationError(f"{setting}: is not above 0", where, "leave it out for the site's own limit")
    if site and value > site:
        hint = "lower it, or raise that of [limits]"
        raise ConfigurationError(f"{setting}: {value} is above the site's {site}", where, hint)


def _check_limits(site: Site, source: Source) -> None:
    _refuse_negative(site.limits, "limits", site.limits.__struct_fields__, source, "use 0 for no limit")
    if 0 < site.limits.open_files < LEAST_OPEN_FILES:
        raise ConfigurationError(
            f"setting 'limits.open_files': {site.limits.open_files} is too few for Python itself",
            source("limits", "open_files"),
            f"use {LEAST_OPEN_FILES} or more",
        )


def _check_worker(site: Site, source: Source) -> None:
    if not _NAME.fullmatch(site.worker.name):
        what = f"setting 'worker.name': {site.worker.name!r} is not a name"
        raise ConfigurationError(what, source("worker", "name"), NAME_HINT)
    for name in ("listen", "metrics"):
        if text := getattr(site.worker, name):
            parse_tcp_address(text, f"{source('worker', name)}: setting 'worker.{name}'")
    if not 0 <= site.worker.user_part < site.worker.user_parts:
        what = f"setting 'worker.user_part': {site.worker.user_part} is not below 'worker.user_parts'"
        raise ConfigurationError(what, source("worker", "user_part"), "count the machine's workers from 0")
    _refuse_negative(site.worker, "worker", ("drain_seconds", "stall_seconds"), source, "use a number of seconds")


def _check_cache(site: Site, source: Source) -> None:
    _refuse_negative(site.cache, "cache", ("memory", "seconds", "max_value"), source, "use 0 or more")
    named: set[str] = set()
    for setting in ("memcached", "memcached_tls"):
        where = source("cache", setting)
        for text in getattr(site.cache, setting):
            parse_tcp_address(text, f"{where}: setting 'cache.{setting}'")
            if text in named:
                raise ConfigurationError(f"setting 'cache.{setting}': names a server twice", where, "name each once")
            named.add(text)


def _check_backend(backend: Backend, source: Source) -> None:
    """Refuse workers that are none, proxies that are no networks, and a PROXY header that nobody may send."""
    if not 0 <= backend.port <= 65535:
        what = f"setting 'backend.port': {backend.port} is not a port"
        raise ConfigurationError(what, source("backend", "port"), "use a number from 1 to 65535")
    _refuse_negative(backend, "backend", ("workspace_copies",), source, "use 0 to keep only those in use")
    where = source("backend", "workers")
    for text in backend.workers:
        parse_worker_address(text, f"{where}: setting 'backend.workers'")
    if len(set(backend.workers)) < len(backend.workers):
        raise ConfigurationError("setting 'backend.workers': names a worker twice", where, "name each once")
    for name, text in backend.neighbours.items():
        parse_tcp_address(text, f"{source('backend', 'neighbours', name)}: setting 'backend.neighbours'")
    _check_networks(backend.trusted_proxies, "backend.trusted_proxies", source("backend", "trusted_proxies"))
    if backend.proxy_protocol and not backend.trusted_proxies:
        raise ConfigurationError(
            "setting 'backend.proxy_protocol': nobody may send the PROXY header",
            source("backend", "proxy_protocol"),
            "name the proxies in backend.trusted_proxies",
        )


def _check_networks(texts: list[str], setting: str, where: str) -> None:
    for text in texts:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            raise ConfigurationError(
                f"setting {setting!r}: {text!r} is neither an address nor a network ({error})",
                where,
                "write it as 10.0.0.5 or 10.1.0.0/16",
            ) from error


def _check_database(site: Site, source: Source) -> None:
    """Refuse addresses of other databases, and those that hold a password, which is no setting."""
    where = source("database", "url")
    try:
        url = urlsplit(site.database.url)
        known, password = url.scheme == "postgresql+asyncpg", url.password or "password=" in url.query
    except ValueError:
        known, password = False, None
    if password:
        raise ConfigurationError(
            "setting 'database.url': holds a password",
            where,
            "put it into the file that `database.password_file` names, or into SAGEWS_DATABASE_PASSWORD",
        )
    if site.database.url and not known:
        raise ConfigurationError(
            "setting 'database.url': is no address of a PostgreSQL database",
            where,
            "write postgresql+asyncpg://USER@HOST:PORT/NAME, or leave it out",
        )
    if site.database.connections < 1:
        where = source("database", "connections")
        raise ConfigurationError("setting 'database.connections': is below 1", where, "use 1 or more")
    _refuse_negative(site.permalinks, "permalinks", site.permalinks.__struct_fields__, source, "use 0 or more")


def _refuse_negative(settings: object, table: str, names: tuple[str, ...], source: Source, hint: str) -> None:
    for name in names:
        # Neither is `nan` nor `inf`, which TOML knows: no comparison with one refuses anything.
        if not 0 <= getattr(settings, name) < float("inf"):
            raise ConfigurationError(f"setting '{table}.{name}': is negative, or no number", source(table, name), hint)
