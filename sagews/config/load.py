"""Reads `sagews.toml` and says in one line what is wrong with it."""

import difflib
import ipaddress
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from sagews.config.address import parse_tcp_address, parse_worker_address
from sagews.config.backend import Backend
from sagews.config.check_machines import check_machines
from sagews.config.environment import Environment
from sagews.config.limits import LEAST_OPEN_FILES, Limits
from sagews.config.logwatch import check_logwatch
from sagews.config.rates import Rates, check_rates
from sagews.config.site import Site
from sagews.errors import ConfigurationError

MAX_WARM_UP = 1 << 16
"""Bytes of a `warm_up`, which is an argument of the zygote's command line."""

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")
_LOWERED = tuple(name for name in Limits.__struct_fields__ if name != "interrupt_pause")
"""Limits that an environment may lower."""


def load(path: Path | None) -> Site:
    """Return the site that the file describes; the default site for None.

    Raises ConfigurationError for a file that cannot be read, is not TOML, or
    has a setting that is unknown or of the wrong type.
    """
    if path is None:
        return Site()
    return parse(text_of(path), str(path))


def text_of(path: Path) -> str:
    """Return the text of a file. Raises ConfigurationError for one that cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read ({error.strerror})", str(path), "give the path of a readable sagews.toml with --config"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("is not UTF-8 text", str(path), "save it as UTF-8") from error


def parse(text: str, noun: str) -> Site:
    """Return the site that a text of TOML describes; `noun` names the text in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"is not valid TOML: {error}", noun, "correct that line") from error
    try:
        site = msgspec.convert(table, Site)
    except msgspec.ValidationError as error:
        raise _explained(str(error), noun) from error
    _check(site, noun)
    return site


def _explained(message: str, noun: str) -> ConfigurationError:
    """Turn msgspec's message, which ends in a JSON path, into the operator's words."""
    if unknown := re.search(r"unknown field `([^`]*)`", message):
        place = _place(message)
        guess = difflib.get_close_matches(unknown[1], _settings(place), n=1)
        where = f"in [{place}]" if place else "at the top level"
        hint = f"did you mean {guess[0]!r}?" if guess else "see the reference of settings"
        return ConfigurationError(f"unknown setting {unknown[1]!r} {where}", noun, hint)
    setting = _place(message)
    what = _AT.sub("", message)
    return ConfigurationError(f"setting {setting!r}: {what[:1].lower()}{what[1:]}", noun, "correct its value")


def _place(message: str) -> str:
    """Return the table or setting that the message's JSON path names, without list indices."""
    found = _AT.search(message)
    return re.sub(r"\[[^\]]*\]", "", found["path"]) if found else ""


def _settings(place: str) -> list[str]:
    """Return the names of the settings of a table, for a guess at what was meant."""
    struct: type[msgspec.Struct] = Site
    default: object = Site()
    if place:
        value = getattr(default, place.split(".")[0], None)
        value = value[0] if isinstance(value, list) else value
        if isinstance(value, msgspec.Struct):
            struct = type(value)
    return list(struct.__struct_fields__)


def _check(site: Site, noun: str) -> None:
    """Refuse values whose type is right and whose meaning is not."""
    if not _NAME.fullmatch(site.worker.name):
        raise ConfigurationError(
            f"setting 'worker.name': {site.worker.name!r} is not a name",
            noun,
            "use a lower-case letter, then at most 15 lower-case letters and digits",
        )
    if not site.environment:
        raise ConfigurationError("has no environment", noun, "leave out [[environment]] or name one")
    names = [environment.name for environment in site.environment]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"setting 'environment.name': {name!r} is not a name",
                noun,
                "use a lower-case letter, then at most 15 lower-case letters and digits",
            )
        if names.count(name) > 1:
            raise ConfigurationError(f"two environments are called {name!r}", noun, "rename one")
    for environment in site.environment:
        _check_limits(environment, site.limits, noun)
        if len(environment.warm_up.encode()) > MAX_WARM_UP or "\0" in environment.warm_up:
            raise ConfigurationError(
                f"setting 'environment.warm_up' of {environment.name!r}: is over {MAX_WARM_UP:,} bytes, or holds a NUL",
                noun,
                "import a module that does the rest",
            )
    for name in site.limits.__struct_fields__:
        if getattr(site.limits, name) < 0:
            raise ConfigurationError(f"setting 'limits.{name}': is negative", noun, "use 0 for no limit")
    if 0 < site.limits.open_files < LEAST_OPEN_FILES:
        raise ConfigurationError(
            f"setting 'limits.open_files': {site.limits.open_files} is too few for Python itself",
            noun,
            f"use {LEAST_OPEN_FILES} or more",
        )
    _check_database(site, noun)
    check_machines(site, noun)
    check_logwatch(site.logwatch, noun)
    if not 0 <= site.backend.port <= 65535:
        raise ConfigurationError(
            f"setting 'backend.port': {site.backend.port} is not a port", noun, "use a number from 1 to 65535"
        )
    for name in ("listen", "metrics"):
        if text := getattr(site.worker, name):
            parse_tcp_address(text, f"{noun}: setting 'worker.{name}'")
    for name in ("drain_seconds", "stall_seconds"):
        if getattr(site.worker, name) < 0:
            raise ConfigurationError(f"setting 'worker.{name}': is negative", noun, "use a number of seconds")
    for name in ("memory", "seconds", "max_value"):
        if getattr(site.cache, name) < 0:
            raise ConfigurationError(f"setting 'cache.{name}': is negative", noun, "use 0 or more")
    for text in site.cache.memcached:
        parse_tcp_address(text, f"{noun}: setting 'cache.memcached'")
    if len(set(site.cache.memcached)) < len(site.cache.memcached):
        raise ConfigurationError("setting 'cache.memcached': names a server twice", noun, "name each once")
    _check_proxies(site.backend, noun)
    if site.rates != Rates():
        check_rates(site.rates, noun)
    for text in site.backend.workers:
        parse_worker_address(text, f"{noun}: setting 'backend.workers'")
    if len(set(site.backend.workers)) < len(site.backend.workers):
        raise ConfigurationError("setting 'backend.workers': names a worker twice", noun, "name each once")


def _check_proxies(backend: Backend, noun: str) -> None:
    """Refuse proxies that are neither addresses nor networks, and a PROXY header that nobody may send."""
    for text in backend.trusted_proxies:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            raise ConfigurationError(
                f"setting 'backend.trusted_proxies': {text!r} is neither an address nor a network ({error})",
                noun,
                "write it as 10.0.0.5 or 10.1.0.0/16",
            ) from error
    if backend.proxy_protocol and not backend.trusted_proxies:
        raise ConfigurationError(
            "setting 'backend.proxy_protocol': nobody may send the PROXY header",
            noun,
            "name the proxies in backend.trusted_proxies",
        )


def _check_database(site: Site, noun: str) -> None:
    """Refuse addresses of other databases, and those that hold a password, which is no setting."""
    try:
        url = urlsplit(site.database.url)
        known, password = url.scheme == "postgresql+asyncpg", url.password or "password=" in url.query
    except ValueError:
        known, password = False, None
    if password:
        raise ConfigurationError(
            "setting 'database.url': holds a password",
            noun,
            "put it into the file that `database.password_file` names, or into SAGEWS_DATABASE_PASSWORD",
        )
    if site.database.url and not known:
        raise ConfigurationError(
            "setting 'database.url': is no address of a PostgreSQL database",
            noun,
            "write postgresql+asyncpg://USER@HOST:PORT/NAME, or leave it out",
        )
    if site.database.connections < 1:
        raise ConfigurationError("setting 'database.connections': is below 1", noun, "use 1 or more")
    for name in site.permalinks.__struct_fields__:
        if getattr(site.permalinks, name) < 0:
            raise ConfigurationError(f"setting 'permalinks.{name}': is negative", noun, "use 0 or more")


def _check_limits(environment: Environment, limits: Limits, noun: str) -> None:
    """Refuse limits of an environment that the site does not have, or that are no lower than the site's."""
    for name, value in environment.limits.items():
        setting = f"setting 'environment.limits.{name}' of {environment.name!r}"
        if name not in _LOWERED:
            guess = difflib.get_close_matches(name, _LOWERED, n=1)
            hint = f"did you mean {guess[0]!r}?" if guess else "one of " + ", ".join(_LOWERED)
            raise ConfigurationError(f"{setting}: is not known", noun, hint)
        if isinstance(getattr(limits, name), int) and not float(value).is_integer():
            raise ConfigurationError(f"{setting}: is not a whole number", noun, "correct its value")
        site = getattr(limits, name)
        if value <= 0:
            raise ConfigurationError(f"{setting}: is not above 0", noun, "leave it out for the site's own limit")
        if site and value > site:
            raise ConfigurationError(
                f"{setting}: {value} is above the site's {site}", noun, "lower it, or raise that of [limits]"
            )
