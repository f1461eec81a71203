"""TCP's own settings for a link: small frames go at once, and a machine that has gone is noticed."""

import socket

IDLE, EVERY, PROBES = 10, 5, 3
"""Seconds without a byte before the kernel asks, seconds between its questions, and how many go unanswered (tcp(7))."""
UNANSWERED = 90_000
"""Milliseconds that bytes may go unacknowledged, or a peer take none; above `stall_seconds`, which says why."""


def keep_alive(sock: socket.socket) -> None:
    """Set them on a connected TCP socket, so that an idle one is lost within 25 s of its peer's machine or cable."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, EVERY)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED)
