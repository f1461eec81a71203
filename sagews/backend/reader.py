"""Who asks: what a backend knows of the one behind a request or a connection."""

import ipaddress
from dataclasses import dataclass

from aiohttp import web

from sagews.config.language import Language
from sagews.database.appearance import Appearance

ANONYMOUS, TOKEN, PROGRAM = "anonymous", "token", "token:site"
"""Subjects: nobody in particular; a browser, and a program, that has shown the site's access token.

What stands after a colon is somebody of whom is counted how often they ask; all browsers with one token are not.
"""

ACCOUNT = "account:"
"""What the subject of somebody who is signed in begins with; their account's id follows."""

SUBSCRIBER = 64
"""Bits of an IPv6 address that a subscriber is given at least (RFC 6177)."""

READER = "sagews-reader"
"""Key under which the doorkeeper leaves the reader of a request."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A person with a browser, or a program."""

    address: str
    """IP address, behind proxies the one that they tell; empty where there is none."""
    origin: str
    """Of the page that asks, as the browser says; empty for a program."""
    secure: bool = False
    """Whether the browser speaks HTTPS, as far as is known here."""
    subject: str = ANONYMOUS
    """As whom."""
    login: str = ""
    """By which login; empty without one."""
    login_expires: float = 0.0
    """When that ends in any case, in seconds since the epoch."""
    login_begun: float = 0.0
    """When who signed in with this browser showed who they are, here or at a provider, in seconds since the epoch."""
    called: str = ""
    """What to call somebody who is signed in."""
    operator: bool = False
    """Whether it is the account of an operator."""
    appearance: Appearance = Appearance.SYSTEM
    """In which somebody who is signed in wants to see pages."""
    language: Language | None = None
    """In which they want pages to speak; None: they have not said."""
    embedded: bool = False
    """Whether a page of another site asks, which has cells of this one in it; see `embedding.py`."""

    @property
    def account(self) -> str:
        """The account of somebody who is signed in; empty without one."""
        return self.subject.removeprefix(ACCOUNT) if self.subject.startswith(ACCOUNT) else ""

    @property
    def name(self) -> str:
        """What a worker counts sessions by: see `Open.reader` in the schema."""
        if self.account:
            return self.subject
        return f"address:{self.network}" if self.address else ""

    @property
    def network(self) -> str:
        """What one subscriber has: an IPv4 address, or 64 bits of an IPv6 address, of which they choose the rest."""
        if ":" not in self.address:
            return self.address
        return str(ipaddress.IPv6Network((self.address, SUBSCRIBER), strict=False))


def reader_of(request: web.Request) -> Reader:
    """Return who sent a request that the doorkeeper has let in."""
    reader: Reader = request[READER]
    return reader
