"""Whether a repository may be fetched from an address: thinking only.

What is compared is what the client connects to: one parser reads the address for both.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass

from yarl import URL

from sagews.config.imports import ANY
from sagews.errors import WorkspaceError

LONGEST = 2000
"""Characters of an address."""
HTTPS = 443
_PLAIN = re.compile(r"[!-~]+")
_GLOBAL = ipaddress.IPv6Network("2000::/3")
"""All unicast that is given out (RFC 4291); what translates IPv4 within a network (64:ff9b::/96) is not in it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is."""

    url: URL
    is_trusted: bool
    """Whether the operator has named the host with its port, so that its address may be any."""


def place_of(text: str, allowed: Collection[str]) -> Place:
    """Return where an address leads. Raises WorkspaceError if nothing may be fetched from there."""
    if len(text) > LONGEST or not _PLAIN.fullmatch(text) or "\\" in text or not text.lower().startswith("https://"):
        raise _refused("is no address that begins with https://", "give the one that the site shows for HTTPS")
    try:
        url = URL(text)
        host, port = (url.host or "").lower().rstrip("."), url.port
    except ValueError as error:
        raise _refused("is no address", "give the one that the site shows for HTTPS") from error
    if "@" in text.split("/")[2] or url.user is not None or url.password is not None:
        raise _refused("has a name or a password in it", "only what everybody can read is fetched; leave it out")
    if url.scheme != "https" or not host or url.path == "/" or "?" in text or "#" in text:
        raise _refused("is no address of a repository", "give the one that the site shows for HTTPS")
    listed = {each.lower() for each in allowed}
    if is_trusted := f"{host}:{port}" in listed:
        return Place(url, is_trusted)
    if port != HTTPS or not {host, ANY} & listed:
        raise _refused("is of a host from which this site fetches nothing", "ask an operator to allow it")
    check_address(host)
    return Place(url, is_trusted)


def check_address(text: str) -> None:
    """Raise WorkspaceError if this is an IP address that is not of the public Internet; a name is let through."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return
    if isinstance(address, ipaddress.IPv6Address):
        # Within these, an address of IPv4 stands, which may be any.
        translated = address.sixtofour or address.teredo
        is_public = address.is_global and address in _GLOBAL and not translated
    else:
        is_public = address.is_global and not address.is_multicast
    if not is_public:
        raise _refused("is of a host that is not on the public Internet", "give another one")


def _refused(what: str, hint: str) -> WorkspaceError:
    return WorkspaceError(what, "git address", hint)
