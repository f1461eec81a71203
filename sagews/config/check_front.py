"""What is wrong with what stands in front of a site's backends: HAProxy, stunnel, nginx. Thinking only, no I/O."""

import re
from collections.abc import Sequence

from sagews.config.address import is_address
from sagews.config.haproxy import HAProxy
from sagews.config.nginx import Nginx
from sagews.config.placement import Placed
from sagews.config.site import Site
from sagews.config.source import Source
from sagews.errors import ConfigurationError

LEAST_CACHE = 1 << 20
"""Bytes of nginx's smallest cache."""

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9_.:\[\]-]+/?")


def check_front(site: Site, services: Sequence[Placed], source: Source) -> None:
    """Refuse balancers, stunnels and nginxes that cannot work together. Raises ConfigurationError."""
    having = {kind: {each.machine.name for each in services if each.kind == kind} for kind in ("haproxy", "stunnel")}
    if site.haproxy.certificate and not having["haproxy"]:
        hint = "write services = { haproxy = 1 } for one of the machines"
        what = "'haproxy.certificate' is given, and no machine has a haproxy"
        raise ConfigurationError(what, source("haproxy", "certificate"), hint)
    tls = site.haproxy.speaks_tls
    if tls and not site.haproxy.certificate:
        hint = "name the file of a certificate"
        what = f"'haproxy.tls' is {tls!r}, and 'haproxy.certificate' is missing"
        raise ConfigurationError(what, source("haproxy", "tls"), hint)
    if wrong := sorted(having["haproxy"] ^ having["stunnel"] if tls == "stunnel" else having["stunnel"]):
        what = f"machine {wrong[0]!r} has one of haproxy and stunnel alone"
        if tls != "stunnel":
            what = f"machine {wrong[0]!r} has a stunnel, and 'haproxy.tls' is not 'stunnel'"
        hint = 'write tls = "stunnel" for [haproxy], and services = { haproxy = 1, stunnel = 1 }'
        raise ConfigurationError(what, _machine(site, wrong[0], source), hint)
    fronts = [each for each in services if each.kind in ("haproxy", "nginx")]
    if fronts and not having["haproxy"]:
        hint = "write services = { haproxy = 1 } for one of the machines"
        raise ConfigurationError(
            "a nginx has no balancer before it", _machine(site, fronts[0].machine.name, source), hint
        )
    several = len({each.machine.name for each in services if each.kind in ("haproxy", "nginx", "backend")}) > 1
    for each in fronts:
        if several and not is_address(each.machine.address):
            what = f"setting 'machine.address' of machine {each.machine.name!r}: is no IP address"
            hint = f"give one: other machines know its {each.kind} by that"
            raise ConfigurationError(what, _machine(site, each.machine.name, source, "address"), hint)
    if any(each.kind == "nginx" for each in services):
        for origin in site.backend.origins:
            if not _ORIGIN.fullmatch(origin):
                what = f"setting 'backend.origins': {origin!r} is no origin"
                raise ConfigurationError(what, source("backend", "origins"), "write it as https://book.example.org")


def check_haproxy(settings: HAProxy, source: Source) -> None:
    """Refuse settings of a balancer that it cannot have. Raises ConfigurationError."""
    if settings.host != "*" and not is_address(settings.host):
        what = f"setting 'haproxy.host': {settings.host!r} is no address"
        raise ConfigurationError(what, source("haproxy", "host"), "use one, or '*'")
    for name in ("requests_per_address", "connections_per_address", "tunnel_seconds", "hard_stop_seconds"):
        if not 0 <= getattr(settings, name) <= 10_000_000:
            what = f"setting 'haproxy.{name}': is out of range"
            raise ConfigurationError(what, source("haproxy", name), "use 0 or more")
    if settings.connections < 1:
        what = "setting 'haproxy.connections': is below 1"
        raise ConfigurationError(what, source("haproxy", "connections"), "use a number of connections")
    if re.search(r"[\x00-\x20\"'\\#$]", settings.certificate):
        what = "setting 'haproxy.certificate': holds what HAProxy's configuration cannot"
        raise ConfigurationError(what, source("haproxy", "certificate"), "use a path of letters, digits and slashes")


def check_nginx(settings: Nginx, source: Source) -> None:
    """Refuse settings of nginx that it cannot have. Raises ConfigurationError."""
    if settings.cache < LEAST_CACHE:
        hint = f"use {LEAST_CACHE:,} or more"
        what = f"setting 'nginx.cache': {settings.cache:,} bytes are too few"
        raise ConfigurationError(what, source("nginx", "cache"), hint)
    if not 64 <= settings.connections <= 1_000_000:
        what = "setting 'nginx.connections': is out of range"
        raise ConfigurationError(what, source("nginx", "connections"), "use 64 or more")


def _machine(site: Site, name: str, source: Source, *setting: str) -> str:
    """Return where in the text a machine is."""
    index = next(index for index, machine in enumerate(site.machine) if machine.name == name)
    return source("machine", index, *setting)
