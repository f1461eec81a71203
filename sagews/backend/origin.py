"""Who may ask: the rules on Host, Origin and Sec-Fetch-Site. Thinking only, no I/O.

Two strangers are kept out. A page of another site, open in the same browser,
cannot use this one: its requests carry an Origin that is not ours. A name of
the attacker's that was rebound to this machine's address carries an Origin
that equals its Host, so the Host itself must be a name of this site; an IP
address cannot be rebound and is therefore always one.

Pages that may have cells of this site in them, and nothing else of it, are
let in after this (`embedding.py`).

The output frame is sandboxed into the origin `null`, which is nobody's: what
runs in it can ask for the public files of the client and nothing else.

Sources: Fetch standard (Origin header), Fetch Metadata (Sec-Fetch-Site), RFC 9110 section 7.2 (Host).
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sagews.service.loopback import is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing here."""

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}))(?::(?P<port>[0-9]{1,5}))?")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not answered: an HTTP status and one line."""

    status: int
    text: str


class Origins:
    """The names and origins of one site."""

    def __init__(self, bound: str, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        """Take the address that the backend listens on, and the settings `backend.hosts` and `backend.origins`."""
        self._loopback = is_loopback(bound)
        self._names = {name.lower().rstrip(".") for name in (bound, *hosts)}
        self._origins = {origin.lower().rstrip("/") for origin in origins}

    def check_host(self, values: list[str]) -> Refused | None:
        """Return why the Host headers of a request are refused; None if they are well."""
        if len(values) != 1 or (parsed := _HOST.fullmatch(values[0])) is None:
            return Refused(400, "The Host header is missing or malformed: use a browser or an HTTP/1.1 client.")
        name = parsed["name"].lower().rstrip(".")
        if self._is_ours(name):
            return None
        return Refused(
            421,
            f"{_shown(name)} is not a name of this site: "
            "use the address that its start printed, or let the operator add the name to backend.hosts in sagews.toml.",
        )

    def check_origin(
        self,
        *,
        method: str,
        socket: bool,
        host: str,
        origin: str | None,
        fetch_site: str | None,
        fetch_mode: str | None = None,
        listed: bool = True,
        secure: bool = False,
    ) -> Refused | None:
        """Return why a request is refused for the page that it comes from; None if it is well.

        `host` is the Host header as checked; `socket` says that the request
        would become a WebSocket. A request without an Origin comes from a
        program, from the address line, or is a plain GET. If the browser says
        that another site made it, it is refused, unless a reader follows a
        link: nothing here is for other sites' pages to take in.

        `listed`: pages of `backend.origins` may ask for this, too; `secure`:
        the browser speaks HTTPS, so that a page without it is another one.
        """
        if origin is not None:
            if self._is_same(origin, host) and not (secure and origin.lower().startswith(("http:", "ws:"))):
                return None
            if listed and self.is_listed(origin):
                return None
            return Refused(
                403,
                f"pages of {_shown(origin)} may not use this site: "
                "let the operator add that origin to embedding.origins in sagews.toml, for cells, "
                "or to backend.origins, for all that this site's own pages do.",
            )
        follows_link = method in SAFE_METHODS and not socket and fetch_mode in {None, "navigate"}
        if fetch_site in {"cross-site", "same-site"} and not follows_link:
            return Refused(
                403,
                "pages of other sites may not use this one: "
                "let the operator add their origin to backend.origins in sagews.toml.",
            )
        return None

    def is_listed(self, origin: str) -> bool:
        """Whether an origin is one of `backend.origins`."""
        return origin.lower() in self._origins

    def _is_ours(self, name: str) -> bool:
        if name in self._names or name == "localhost" or name.endswith(".localhost"):
            return True
        address = _address(name)
        return address is not None and (address.is_loopback or not self._loopback)

    @staticmethod
    def _is_same(origin: str, host: str) -> bool:
        """Whether an origin is that of the Host header, by whatever scheme a proxy before us speaks.

        `ws` and `wss` are what some programs make of a socket's address; no page has such an origin.
        """
        scheme, _, rest = origin.lower().partition("://")
        return scheme in {"http", "https", "ws", "wss"} and rest == host.lower()


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _shown(text: str) -> str:
    """Return text of a stranger so that it fits a line."""
    return repr(text[:_SHOWN])
