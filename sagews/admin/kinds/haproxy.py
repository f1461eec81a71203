"""HAProxy as a program: the balancer in front of a site.

One master process (`-W`) in the foreground; SIGUSR2 has it start a new
process with the new configuration, to which listening sockets pass, while the
old one keeps its connections until they end (haproxy(1), management.txt 4).
"""

import math
import os
from pathlib import Path

from sagews.admin.kinds.found import found
from sagews.admin.kinds.nginx import KEPT, PUBLISHED
from sagews.admin.kinds.templates import TEMPLATES
from sagews.admin.program import Answers, Program, WrittenFile
from sagews.admin.supervisor.places import Places
from sagews.config.address import TCPAddress
from sagews.config.placement import LOOPBACK, Placed, placed, reached
from sagews.config.site import Site
from sagews.service.public_files import PREFIX

USER = "haproxy"
"""Unix user of Debian's package, whose rights its processes have once they listen."""
SECRET = ("/api/v1/permalinks/", "/api/v1/sessions/", "/kernel/", "/sockjs/", PUBLISHED)
"""What paths begin with that go on with a name by which others could take part; the log has no more of them."""

PUBLICATIONS = "/publications/"
"""What stands before such a name within a path; the log has it to here."""


def haproxy(site: Site, own: Placed) -> Program:
    """Return the program of a balancer."""
    places = Places(site.data)
    path = places.settings.with_name(f"{own.name}.cfg")
    return Program(
        name=own.name,
        kind=own.kind,
        command=(found("haproxy", site.haproxy.program), "-W", "-f", str(path)),
        directory=Path("/"),
        log=places.logs / f"{own.name}.log",
        stop_signal="TERM",
        reload_signal="USR2",
        needs=frozenset({"backend"}),
        answers=Answers(address=str(TCPAddress(_listening(site), own.port))),
        files=(WrittenFile(path=path, text=configuration(site), mode=0o600),),
        check=(found("haproxy", site.haproxy.program), "-c", "-f", f"{{root}}{path}"),
    )


def configuration(site: Site) -> str:
    """Return the text of its configuration (HAProxy 2.6)."""
    settings = site.haproxy
    services = placed(site)
    return TEMPLATES.get_template("haproxy.cfg").render(
        settings=settings,
        operators=site.operators,
        tls=settings.speaks_tls,
        handed=f"{LOOPBACK}:{site.stunnel.port}",
        servers=reached(services, "backend"),
        nginxes=reached(services, "nginx"),
        files=PREFIX,
        kept=(*KEPT, PUBLISHED),
        secret=SECRET,
        publications=PUBLICATIONS,
        bind="" if settings.host == "*" else settings.host,
        user=USER if os.geteuid() == 0 else "",
        tunnel=math.ceil(settings.tunnel_seconds),
        hard_stop=math.ceil(settings.hard_stop_seconds),
    )


def _listening(site: Site) -> str:
    return LOOPBACK if site.haproxy.host in ("*", "0.0.0.0") else site.haproxy.host  # noqa: S104
