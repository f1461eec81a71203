"""Whether a program answers, and who listens where it would."""

import http.client
import os
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from sagews.admin.here.executing import execute
from sagews.admin.program import Program
from sagews.config.address import parse_tcp_address

PROBE_SECONDS = 3.0
"""Seconds that one question may take."""
COMMAND_SECONDS = 15.0
"""The same where the question is a command, which takes processor time to start where there may be little."""
LISTENS = "0A"
"""The state of a listening socket in /proc/net/tcp."""


def patience(program: Program, seconds: float = PROBE_SECONDS) -> float:
    """Return how many seconds a program has for an answer, where others have so many."""
    return COMMAND_SECONDS if program.answers.command else seconds


def answers(program: Program, seconds: float = PROBE_SECONDS) -> bool:
    """Ask a program once whether it can be used."""
    how = program.answers
    if how.command:
        return execute(how.command, seconds, user=program.user, variables=program.environment) is None
    if how.url:
        return _get(how.url, seconds)
    if how.tls:
        return _greets(how.address, seconds)
    return accepts(how.address, seconds)


def accepts(address: str, seconds: float) -> bool:
    """Whether `HOST:PORT` or `unix:PATH` accepts a connection."""
    with suppress(OSError):
        if address.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(seconds)
                peer.connect(address.removeprefix("unix:"))
        else:
            place = parse_tcp_address(address, "answers.address")
            socket.create_connection((place.host, place.port), seconds).close()
        return True
    return False


def _greets(address: str, seconds: float) -> bool:
    """Whether `HOST:PORT` speaks TLS, with whatever certificate; a peer that only connects would be an error there."""
    where = parse_tcp_address(address, "answers.address")
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError), socket.create_connection((where.host, where.port), seconds) as peer:
        with anybody.wrap_socket(peer) as greeted, suppress(OSError):
            greeted.unwrap()
        return True
    return False


def place(program: Program) -> str:
    """Return the address at which a program answers, `HOST:PORT` or `unix:PATH`; empty if a command asks it."""
    if program.answers.url:
        parts = urlsplit(program.answers.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port or 80}"
    return program.answers.address


def stranger(address: str, ours: Callable[[int], bool]) -> str:
    """Say who answers at an address that is not one of our processes; empty if nobody does.

    Without root, other users' processes have no name here.
    """
    if not accepts(address, PROBE_SECONDS):
        return ""
    found = _unix_peer(address) if address.startswith("unix:") else _listeners(int(address.rpartition(":")[2]))
    if any(ours(process) for process in found):
        return ""
    if not found and not accepts(address, PROBE_SECONDS):
        return ""  # It has ended meanwhile.
    return ", ".join(_called(process) for process in found) or "a process of another user"


def _unix_peer(address: str) -> list[int]:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(PROBE_SECONDS)
        peer.connect(address.removeprefix("unix:"))
        size = struct.calcsize("3i")
        return [struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[0]]
    return []


def _listeners(port: int) -> list[int]:
    """Return the processes that listen on a TCP port of this machine (proc(5)), as far as that can be seen."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{fields[9]}]")
    found = []
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            if any(os.readlink(file) in sockets for file in folder.iterdir()):
                found.append(int(folder.parent.name))
    return found


def _called(process: int) -> str:
    with suppress(OSError):
        return f"process {process} ({Path(f'/proc/{process}/comm').read_text().strip()})"
    return "a process"


def _get(url: str, seconds: float) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)
    try:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else "") or "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
