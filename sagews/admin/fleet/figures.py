"""What a site does, as one of its backends tells."""

import contextlib
from http.client import HTTPConnection, HTTPException

import msgspec

from sagews.admin.address import near
from sagews.admin.directories import with_backend_directory
from sagews.config.address import TCPAddress
from sagews.config.placement import for_machine, here, placed, reached
from sagews.config.site import Site
from sagews.errors import ConfigurationError
from sagews.service.access_token import FILE_NAME, access_token
from sagews.service.figures import Figures, duration, number, part, size

SECONDS = 3.0
"""Seconds that a backend has for each step of its answer."""
LONGEST = 4 << 20
"""Bytes of an answer that are read."""


class Told(msgspec.Struct, frozen=True):
    """What is read of a backend's `/status.json`."""

    now: Figures


def ask(site: Site) -> Figures | None:
    """Return the figures of the last minute, of the first backend that tells them to whoever asks from here."""
    headers = {}
    with contextlib.suppress(ConfigurationError, OSError):
        data = with_backend_directory(for_machine(site, here(site))).backend_data
        if (data / FILE_NAME).exists():
            headers["Authorization"] = f"Bearer {access_token(data)}"
    for address in _backends(site):
        with contextlib.suppress(OSError, HTTPException, msgspec.MsgspecError):
            return _ask(address, headers)
    return None


def lines(figures: Figures) -> list[str]:
    """Return them as lines for people."""
    return [
        f"{number(figures.evaluations_per_second)} evaluations a second, of which half take at most"
        f" {duration(figures.median_seconds)} and 95 of 100 {duration(figures.p95_seconds)}",
        f"{number(figures.sessions)} sessions, {number(figures.connections)} connections,"
        f" {number(figures.waiting)} waiting for a place; {part(figures.kept)} of the results looked for were kept",
        f"{number(figures.errors_per_minute)} errors a minute; the backends have {size(figures.memory)} of memory",
    ]


def _backends(site: Site) -> list[TCPAddress]:
    if any(each.kind == "haproxy" for each in placed(site)):
        return [*reached(placed(site), "backend").values()]
    return [TCPAddress(near(site.backend.host), each.port) for each in placed(site) if each.kind == "backend"]


def _ask(address: TCPAddress, headers: dict[str, str]) -> Figures:
    connection = HTTPConnection(address.host, address.port, timeout=SECONDS)
    try:
        connection.request("GET", "/status.json", headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise HTTPException(f"status {answer.status}")
        return msgspec.json.decode(answer.read(LONGEST), type=Told).now
    finally:
        connection.close()
