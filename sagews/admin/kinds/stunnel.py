"""stunnel as a program: speaks TLS with browsers, and hands what it has decrypted to HAProxy on the same machine.

It reads certificate and configuration again at SIGHUP, without rights by
then: so it has a copy of the certificate that is its user's own, and its
socket from `bound.py`. Connections live on over that (stunnel(8), "SIGNALS").
"""

import math
import os
import sys
from pathlib import Path

from sagews.admin.kinds.found import found
from sagews.admin.kinds.templates import TEMPLATES
from sagews.admin.program import SECRET_MODE, Answers, Program, WrittenFile
from sagews.admin.supervisor.places import Places
from sagews.config.address import TCPAddress
from sagews.config.placement import LOOPBACK, Placed
from sagews.config.site import Site

USER = "stunnel4"
"""Unix user of Debian's package."""
BOUND = Path(__file__).parents[1] / "supervisor" / "bound.py"
ANY = "0.0.0.0"  # noqa: S104  # where `haproxy.host` says so
MARGIN = 60
"""Seconds beyond those of the balancer for which nothing may move."""


def stunnel(site: Site, own: Placed) -> Program:
    """Return the program of an stunnel."""
    places = Places(site.data)
    path = places.settings.with_name(f"{own.name}.conf")
    certificate = places.settings.with_name(f"{own.name}.pem")
    user = USER if os.geteuid() == 0 else ""
    host = _host(site)
    launch = (sys.executable, "-I", "-S", str(BOUND), host, str(own.port), user)
    return Program(
        name=own.name,
        kind=own.kind,
        command=(*launch, found("stunnel", site.stunnel.program), str(path)),
        directory=Path("/"),
        log=places.logs / f"{own.name}.log",
        reload_signal="HUP",
        needs=frozenset({"haproxy"}),
        answers=Answers(address=str(TCPAddress(LOOPBACK if host == ANY else host, own.port)), tls=True),
        files=(
            WrittenFile(path=path, text=configuration(site, certificate)),
            WrittenFile(path=certificate, text=_certificate(site), mode=SECRET_MODE, owner=user, secret=True),
        ),
        check=(
            *(sys.executable, "-P", "-m", "sagews.admin.certificate_check"),
            *(f"{{root}}{certificate}", site.haproxy.certificate),
        ),
    )


def configuration(site: Site, certificate: Path) -> str:
    """Return the text of its configuration (stunnel 5.68)."""
    return TEMPLATES.get_template("stunnel.conf").render(
        # One address, which is one socket.
        listen=TCPAddress(_host(site), site.haproxy.https_port),
        handed=TCPAddress(LOOPBACK, site.stunnel.port),
        certificate=certificate,
        idle=math.ceil(site.haproxy.tunnel_seconds) + MARGIN,
    )


def _host(site: Site) -> str:
    return ANY if site.haproxy.host == "*" else site.haproxy.host


def _certificate(site: Site) -> str:
    """Return the site's certificate with its key; nothing, which the check refuses, where it cannot be read."""
    try:
        return Path(site.haproxy.certificate).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
