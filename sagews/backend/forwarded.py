"""The real client of a request that proxies have passed on: `Forwarded`, `X-Forwarded-For`. Thinking only, no I/O.

Anybody can write these headers, so they are read only if the peer itself is a
trusted proxy, and only as far as trusted proxies have written them: from the
right, every address is what the proxy after it saw, and the first one that is
no trusted proxy's is the client. What stands to the left of it is the
client's own invention.

A proxy that writes one of the two headers may pass the other one on as the
client sent it. So where both are there they must say the same.

Sources: RFC 7239 (Forwarded); the customs of X-Forwarded-For and -Proto.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sagews.backend.proxy_protocol import plain

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PAIR = re.compile(rf'(?P<name>{_WORD})=(?:(?P<word>{_WORD})|"(?P<quoted>(?:[^"\\]|\\.)*)")')
_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+))(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?|(?P<bare>[0-9A-Fa-f:.]+)"
)


class Proxies:
    """The addresses and networks of the setting `backend.trusted_proxies`."""

    def __init__(self, trusted: Iterable[str]) -> None:
        """Raises ValueError for what is neither an address nor a network."""
        self._networks: list[Network] = [ipaddress.ip_network(text) for text in trusted]

    def trusts(self, address: str) -> bool:
        """Whether what comes from an address is believed."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


@dataclass(frozen=True, slots=True)
class Client:
    """Who sent a request, as far as trusted proxies say."""

    address: str
    scheme: str = ""
    """`http` or `https`, by which the client came to the first trusted proxy; empty if none says."""


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy says of whoever asked it."""

    address: str
    """Empty if it does not say, or hides it."""
    scheme: str


def find_client(
    peer: str, proxies: Proxies, forwarded: Sequence[str], forwarded_for: Sequence[str], forwarded_proto: Sequence[str]
) -> Client:
    """Return the client of a request, with the values of its three headers in their order.

    Raises ValueError, worded as a sentence, for headers of a trusted peer
    that cannot be read, or that disagree.
    """
    if not proxies.trusts(peer):
        return Client(peer)
    ways = (_standard(forwarded), _usual(forwarded_for, forwarded_proto))
    told = [_walk(peer, proxies, hops) for hops in ways if hops]
    if len({client.address for client in told}) > 1:
        raise ValueError("Forwarded and X-Forwarded-For disagree: let the proxy remove the one that it does not write.")
    return told[0] if told else Client(peer)


def _walk(peer: str, proxies: Proxies, hops: Sequence[_Hop]) -> Client:
    """Go from proxy to proxy, the nearest first, until one names somebody who is none."""
    address, scheme = peer, ""
    for hop in reversed(hops):
        scheme = hop.scheme or scheme
        if not hop.address:
            break
        address = hop.address
        if not proxies.trusts(address):
            break
    return Client(address, scheme)


def _standard(values: Sequence[str]) -> list[_Hop]:
    """Return what `Forwarded` says, strictly read: what a client leaves open must not swallow what a proxy adds."""
    hops = []
    for value in values:
        at = 0
        while True:
            element, at = _element(value, at)
            hops.append(_Hop(_address(element.get("for", "")), _scheme(element.get("proto", ""))))
            if at == len(value):
                break
            at += 1
    return hops


def _element(value: str, at: int) -> tuple[dict[str, str], int]:
    """Return the pairs of one element, which ends at a comma or with the value, and where it ends."""
    element: dict[str, str] = {}
    at = _blanks(value, at)
    while at < len(value) and value[at] != ",":
        if (pair := _PAIR.match(value, at)) is None:
            raise ValueError("The header Forwarded cannot be read: see RFC 7239 for its form.")
        name, quoted = pair["name"].lower(), pair["quoted"]
        if name in element:
            raise ValueError("The header Forwarded says something twice: see RFC 7239 for its form.")
        element[name] = pair["word"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = _blanks(value, pair.end())
        if at < len(value) and value[at] == ";":
            at = _blanks(value, at + 1)
        elif at < len(value) and value[at] != ",":
            raise ValueError("The header Forwarded cannot be read: see RFC 7239 for its form.")
    return element, at


def _blanks(value: str, at: int) -> int:
    while at < len(value) and value[at] in " \t":
        at += 1
    return at


def _usual(values: Sequence[str], schemes: Sequence[str]) -> list[_Hop]:
    """Return what `X-Forwarded-For` says, and `X-Forwarded-Proto` of the same hop, or of all if there is only one."""
    addresses = _listed(values)
    protos = _listed(schemes)
    if protos and not addresses:
        return [_Hop("", _scheme(protos[-1]))]
    if len(protos) == 1:
        protos *= len(addresses)
    protos = [""] * (len(addresses) - len(protos)) + protos[max(0, len(protos) - len(addresses)) :]
    return [_Hop(_address(address), _scheme(proto)) for address, proto in zip(addresses, protos, strict=True)]


def _listed(values: Sequence[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",")]


def _address(text: str) -> str:
    """Return the IP address that a node is written as, without its port; empty for `unknown` and hidden ones."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return ""
    return usual(found["six"] or found["four"] or found["bare"])


def usual(address: str) -> str:
    """Return an IP address in its usual form; empty for what is none."""
    try:
        return plain(ipaddress.ip_address(address))
    except ValueError:
        return ""


def _scheme(text: str) -> str:
    return text.lower() if text.lower() in {"http", "https"} else ""
