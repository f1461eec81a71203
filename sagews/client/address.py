"""The address of a site, as its start prints it, and what a client connects to."""

import os
from dataclasses import dataclass

from yarl import URL

from sagews.errors import ConfigurationError

TOKEN_VARIABLE = "SAGEWS_TOKEN"  # noqa: S105  # the name of a variable, not a token


@dataclass(frozen=True)
class Address:
    """Where a site is, and the token that it asks for."""

    page: URL
    """The site's page, without the token."""
    token: str

    @property
    def ticket(self) -> URL:
        """Where a connection's ticket is to be had. The token goes in a header, which is not logged."""
        return self.page / "ticket"

    @property
    def socket(self) -> URL:
        """The WebSocket's address."""
        return (self.page / "socket").with_scheme("wss" if self.page.scheme == "https" else "ws")

    def __str__(self) -> str:
        return str(self.page)


def parse_address(text: str, token: str | None = None) -> Address:
    """Return the address that a user gave. Raises ConfigurationError.

    The token is the one given, else the `?token=` of the address, else that
    of the environment variable SAGEWS_TOKEN.
    """
    try:
        url = URL(text)
        _ = url.port
    except ValueError as error:
        raise _refused(text, f"is not an address ({error})") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise _refused(text, "is not an address of a site")
    token = token or url.query.get("token") or os.environ.get(TOKEN_VARIABLE, "")
    if not token.isascii() or not token.isprintable():
        raise _refused("token", "has characters that no token has")
    path = url.path if url.path.endswith("/") else url.path + "/"
    return Address(url.with_path(path).with_query(None).with_fragment(None).with_user(None), token)


def _refused(noun: str, what: str) -> ConfigurationError:
    return ConfigurationError(what, noun, "give it as `sagews serve` prints it, such as http://127.0.0.1:8080/")
