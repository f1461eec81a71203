"""The TCP sockets on which services listen."""

import errno
import socket

from sagews.errors import ConfigurationError, ServiceError

BACKLOG = 1024


OTHER_PORT = "choose another with PORT=8081 (make) or --port"


def listen(host: str, port: int, other: str = OTHER_PORT) -> list[socket.socket]:
    """Return listening sockets for every address of a host, all on one port.

    Port 0 is any free one. `other` says how to choose another. Raises ServiceError for a port that is taken or not
    permitted, ConfigurationError for a host that is not this machine's.
    """
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host):
            try:
                sockets.append(_listen(family, address, port))
            except OSError as error:
                # `localhost` may have an IPv6 address on a machine without IPv6.
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    raise
                continue
            port = sockets[0].getsockname()[1]
    except OSError as error:
        for listener in sockets:
            listener.close()
        raise _explained(error, port, other) from error
    if not sockets:
        raise ConfigurationError("is not an address of this machine", f"host {host!r}", "use 127.0.0.1 or 0.0.0.0")
    return sockets


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """Return the addresses of a host, IPv4 first, so that the port is chosen there."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError("is not a known name", f"host {host!r}", "use 127.0.0.1 or 0.0.0.0") from error
    addresses = {(family, str(address[0])) for family, _, _, _, address in found}
    return sorted(addresses, key=lambda item: item[0] != socket.AF_INET)


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _explained(error: OSError, port: int, other: str) -> ServiceError:
    match error.errno:
        case errno.EADDRINUSE:
            return ServiceError("is taken", f"port {port}", f"stop what listens there or {other}")
        case errno.EACCES:
            return ServiceError("may not be used by this user", f"port {port}", other)
        case _:
            return ServiceError(f"cannot be listened on ({error.strerror})", f"port {port}", other)
