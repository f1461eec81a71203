"""Tickets: what gives a connection its rights. They are had with `POST /ticket` (`ticket_office.py`).

A connection begins with none, whatever its transport, cookies and names. Its
first message shows a ticket, which the page has just fetched by a request
that passed every check (`doorkeeper.py`), or a program by one that shows the
site's access token. So whoever can make a browser open a socket, or knows the
name of somebody's SockJS session, has nothing.

A ticket says who fetched it and for which origin, and is sealed (Fernet: AES
and an HMAC, with the time) under a key that all backends of a site have. It is
short-lived, kept nowhere, and of use for nothing else.

The keys are in a file of the backends' directory, one a line. Tickets are sealed
under the first and opened by any; so a new key can be put below the old one
on every machine, then above it, then the old one be taken out, and no reader
notices.

Sources: OWASP ASVS 5.0, 4.4.2 to 4.4.4; the Fernet specification.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from sagews.backend.reader import Reader
from sagews.errors import ConfigurationError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest
from sagews.service.secret_file import make_secret, read_secret
from sagews.service.watched import Watched

LIFE = 60
"""Seconds from a ticket to the connection that shows it."""
FILE_NAME = "ticket-keys"
MAX_KEYS = 8

_HINT = "remove it, and the next start makes a new one"
_AGAIN = "fetch another with POST /ticket"


class _Content(msgspec.Struct, frozen=True):
    """What is sealed in a ticket, beside the time."""

    subject: str
    origin: str
    login: str = ""
    login_expires: float = 0.0


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose a ticket is; see `Reader`."""

    subject: str
    login: str = ""
    login_expires: float = 0.0


class Tickets:
    """Gives tickets, and says whose a ticket is."""

    def __init__(self, data: Path) -> None:
        """Read the keys in the backends' directory, made on first use. Raises ConfigurationError."""
        path = data / FILE_NAME
        make_secret(path, lambda: Fernet.generate_key().decode())
        self._keys = Watched([path], lambda: read_keys(path))

    def issue(self, reader: Reader) -> str:
        """Return a new ticket for this reader."""
        content = _Content(reader.subject, reader.origin.lower(), reader.login, reader.login_expires)
        return self._keys.get().seal.encrypt(msgspec.json.encode(content)).decode()

    def pseudonym(self, who: str) -> str:
        """Return a name for somebody by which nobody else knows them, the same at all backends of the site."""
        return hashlib.blake2b(who.encode(), key=self._keys.get().first, digest_size=16).hexdigest()

    def bearer(self, ticket: str, origin: str) -> Bearer:
        """Return whose ticket it is, shown by a connection from a page of this origin. Raises RefusedRequest."""
        seal = self._keys.get().seal
        shown = ticket.encode("ascii", "replace")
        try:
            content = msgspec.json.decode(seal.decrypt(shown, ttl=LIFE), type=_Content)
        except (InvalidToken, msgspec.DecodeError) as error:
            raise _wrong(_what(seal, shown), _AGAIN) from error
        if content.origin != origin.lower():
            raise _wrong("was fetched by a page of another origin, or by none", "fetch one from where it is used")
        return Bearer(content.subject, content.login, content.login_expires)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a file."""

    first: bytes
    """The newest one."""
    seal: MultiFernet
    """Seals under the first, and opens what is sealed under any."""


def read_keys(path: Path) -> Keys:
    """Return the keys of a file, the newest first. Raises ConfigurationError."""
    lines = [line.strip() for line in read_secret(path, 1 << 12, _HINT).splitlines()]
    keys = [line for line in lines if line]
    if not 1 <= len(keys) <= MAX_KEYS:
        raise ConfigurationError(f"holds {len(keys)} keys, not 1 to {MAX_KEYS}", str(path), _HINT)
    try:
        return Keys(keys[0], MultiFernet([Fernet(key) for key in keys]))
    except ValueError as error:
        raise ConfigurationError(
            "holds a line that is no key: 32 bytes in URL-safe base64", str(path), _HINT
        ) from error


def _what(seal: MultiFernet, ticket: bytes) -> str:
    """Return what is wrong with a ticket that these keys do not open now."""
    if not ticket:
        return "is missing"
    try:
        seal.decrypt(ticket)
    except InvalidToken:
        return "is none of this site's"
    # Too old, or from a machine whose clock is ahead.
    return f"is not of the last {LIFE} s"


def _wrong(what: str, hint: str) -> RefusedRequest:
    return RefusedRequest(pb.FAILURE_CODE_WRONG_TICKET, what, "ticket", hint)
