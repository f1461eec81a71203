"""Who asks: what a backend knows of the one behind a request or a connection."""

from dataclasses import dataclass

from aiohttp import web

ANONYMOUS, TOKEN = "anonymous", "token"
"""Subjects: nobody in particular, and whoever has shown the site's access token."""

READER = "sagews-reader"
"""Key under which the doorkeeper leaves the reader of a request."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A person with a browser, or a program."""

    address: str
    """IP address; empty where there is none."""
    origin: str
    """Of the page that asks, as the browser says; empty for a program."""
    subject: str
    """As whom: `anonymous` or `token`."""

    @property
    def name(self) -> str:
        """What a worker counts sessions by: see `Open.reader` in the schema."""
        return f"address:{self.address}" if self.address else ""


def reader_of(request: web.Request) -> Reader:
    """Return who sent a request that the doorkeeper has let in."""
    reader: Reader = request[READER]
    return reader
