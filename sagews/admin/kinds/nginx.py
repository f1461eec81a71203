"""nginx as a program: serves the client's files from disk, and keeps what backends say is for everybody.

One master in the foreground, which reads its configuration again at SIGHUP
and lets connections end at SIGQUIT (nginx.org, "Controlling nginx"). Every
path in its configuration is relative to its own directory, so that `nginx -t`
can try it elsewhere; its pid file lies there too, since it removes that at
its end, whatever it is.
"""

import hashlib
import os
import sys
from pathlib import Path

from sagews.admin.kinds.found import found
from sagews.admin.kinds.templates import TEMPLATES
from sagews.admin.program import Answers, OwnedDirectory, Program, WrittenFile
from sagews.admin.supervisor.places import Places
from sagews.config.address import TCPAddress
from sagews.config.placement import LOOPBACK, Placed, host_for, placed, reached, seen_as
from sagews.config.site import Site
from sagews.service import public_files

USER = "www-data"
"""Unix user of Debian's package, as whom its working processes run."""
KEPT = ("/api/v1/permalinks/",)
"""What paths begin with whose answers it keeps, where a backend calls them public."""
PUBLISHED = "/published/"
"""What the paths of publications begin with: their backends say how long each is kept, and an older one is shown only
while no backend answers."""
FILES = "files"
"""The directory of the client's files, in its own."""


def nginx(site: Site, own: Placed) -> Program:
    """Return the program of an nginx."""
    places = Places(site.data)
    folder = places.data / "nginx"
    program = found("nginx", site.nginx.program)
    words = ("-e", "stderr", "-c", "nginx.conf")
    address = TCPAddress(_host(site, own), own.port)
    return Program(
        name=own.name,
        kind=own.kind,
        command=(program, *words, "-p", str(folder)),
        # Another bundle is laid out by a new start.
        environment={"SAGEWS_BUNDLE": _bundle()},
        directory=Path("/"),
        log=places.logs / f"{own.name}.log",
        stop_signal="QUIT",
        stop_seconds=20.0,
        reload_signal="HUP",
        answers=Answers(url=f"http://{address}/healthz"),
        directories=(OwnedDirectory(path=folder, mode=0o711),),
        files=(WrittenFile(path=folder / "nginx.conf", text=configuration(site, own)),),
        check=(program, "-t", "-q", *words, "-p", f"{{root}}{folder}"),
        prepare=(sys.executable, "-P", "-m", "sagews.admin.static_files", str(folder / FILES / "static")),
    )


def configuration(site: Site, own: Placed) -> str:
    """Return the text of its configuration (nginx 1.22)."""
    services = placed(site)
    balancers = [each for each in services if each.kind == "haproxy"]
    file_headers = {
        **public_files.EVERYWHERE,
        **public_files.PUBLIC,
        "Content-Security-Policy": public_files.PLAIN,
    }
    del file_headers["Access-Control-Allow-Origin"]  # which depends on who asks
    return TEMPLATES.get_template("nginx.conf").render(
        settings=site.nginx,
        user=USER if os.geteuid() == 0 else "",
        types=public_files.TYPES,
        texts=sorted({kind for kind in public_files.TYPES.values() if public_files.is_text(kind)} - {"text/html"}),
        hashed=public_files.HASHED,
        for_ever=public_files.FOR_EVER,
        ask_again=public_files.ASK_AGAIN,
        stable=public_files.STABLE,
        short=public_files.SHORT,
        public=public_files.PUBLIC,
        exposed=public_files.EXPOSED,
        trustworthy=public_files.TRUSTWORTHY,
        origins=[origin.rstrip("/") for origin in site.backend.origins],
        file_headers=file_headers,
        files=public_files.PREFIX,
        kept=KEPT,
        published=PUBLISHED,
        servers=reached(services, "backend"),
        listen=TCPAddress(_host(site, own), own.port),
        # Balancers, and whoever looks on this machine whether it answers.
        asking=sorted({*seen_as(own, _host(site, own), balancers), _host(site, own), LOOPBACK}),
    )


def _host(site: Site, own: Placed) -> str:
    return host_for(own, [each for each in placed(site) if each.kind == "haproxy"])


def _bundle() -> str:
    """Return a word for the bundle that would be laid out: its files are named by their content, nearly all."""
    try:
        names = sorted(f"{path.name} {path.stat().st_size}" for path in public_files.BUNDLE.iterdir())
    except OSError:
        return ""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
