"""What is wrong with what stands in front of a site's backends: HAProxy, stunnel, nginx. Thinking only, no I/O."""

import ipaddress
import re
from collections.abc import Sequence

from sagews.config.haproxy import HAProxy
from sagews.config.nginx import Nginx
from sagews.config.placement import Placed
from sagews.config.site import Site
from sagews.errors import ConfigurationError

LEAST_CACHE = 1 << 20
"""Bytes of nginx's smallest cache."""

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9_.:\[\]-]+/?")


def check_front(site: Site, services: Sequence[Placed], noun: str) -> None:
    """Refuse balancers, stunnels and nginxes that cannot work together. Raises ConfigurationError."""
    where = {kind: {each.machine.name for each in services if each.kind == kind} for kind in ("haproxy", "stunnel")}
    if site.haproxy.certificate and not where["haproxy"]:
        hint = "write services = { haproxy = 1 } for one of the machines"
        raise ConfigurationError("'haproxy.certificate' is given, and no machine has a haproxy", noun, hint)
    tls = site.haproxy.speaks_tls
    if tls and not site.haproxy.certificate:
        hint = "name the file of a certificate"
        raise ConfigurationError(f"'haproxy.tls' is {tls!r}, and 'haproxy.certificate' is missing", noun, hint)
    if wrong := sorted(where["haproxy"] ^ where["stunnel"] if tls == "stunnel" else where["stunnel"]):
        what = f"machine {wrong[0]!r} has one of haproxy and stunnel alone"
        if tls != "stunnel":
            what = f"machine {wrong[0]!r} has a stunnel, and 'haproxy.tls' is not 'stunnel'"
        hint = 'write tls = "stunnel" for [haproxy], and services = { haproxy = 1, stunnel = 1 }'
        raise ConfigurationError(what, noun, hint)
    fronts = [each for each in services if each.kind in ("haproxy", "nginx")]
    if fronts and not where["haproxy"]:
        hint = "write services = { haproxy = 1 } for one of the machines"
        raise ConfigurationError("a nginx has no balancer before it", noun, hint)
    several = len({each.machine.name for each in services if each.kind in ("haproxy", "nginx", "backend")}) > 1
    for each in fronts:
        if several and not is_address(each.machine.address):
            what = f"setting 'machine.address' of machine {each.machine.name!r}: is no IP address"
            hint = f"give one: other machines know its {each.kind} by that"
            raise ConfigurationError(what, noun, hint)
    if any(each.kind == "nginx" for each in services):
        for origin in site.backend.origins:
            if not _ORIGIN.fullmatch(origin):
                what = f"setting 'backend.origins': {origin!r} is no origin"
                raise ConfigurationError(what, noun, "write it as https://book.example.org")


def check_haproxy(settings: HAProxy, noun: str) -> None:
    """Refuse settings of a balancer that it cannot have. Raises ConfigurationError."""
    for network in settings.operators:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ConfigurationError(
                f"setting 'haproxy.operators': {network!r} is neither an address nor a network ({error})",
                noun,
                "write it as 10.0.0.5 or 10.1.0.0/16",
            ) from error
    if settings.host != "*" and not is_address(settings.host):
        raise ConfigurationError(f"setting 'haproxy.host': {settings.host!r} is no address", noun, "use one, or '*'")
    for name in ("requests_per_address", "connections_per_address", "tunnel_seconds", "hard_stop_seconds"):
        if not 0 <= getattr(settings, name) <= 10_000_000:
            raise ConfigurationError(f"setting 'haproxy.{name}': is out of range", noun, "use 0 or more")
    if settings.connections < 1:
        raise ConfigurationError("setting 'haproxy.connections': is below 1", noun, "use a number of connections")
    if re.search(r"[\x00-\x20\"'\\#$]", settings.certificate):
        what = "setting 'haproxy.certificate': holds what HAProxy's configuration cannot"
        raise ConfigurationError(what, noun, "use a path of letters, digits and slashes")


def check_nginx(settings: Nginx, noun: str) -> None:
    """Refuse settings of nginx that it cannot have. Raises ConfigurationError."""
    if settings.cache < LEAST_CACHE:
        hint = f"use {LEAST_CACHE:,} or more"
        raise ConfigurationError(f"setting 'nginx.cache': {settings.cache:,} bytes are too few", noun, hint)
    if not 64 <= settings.connections <= 1_000_000:
        raise ConfigurationError("setting 'nginx.connections': is out of range", noun, "use 64 or more")


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
