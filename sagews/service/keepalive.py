"""TCP's own settings: small frames of a link go at once, and a machine that has gone is noticed."""

import socket
from contextlib import suppress

IDLE, EVERY, PROBES = 10, 5, 3
"""Seconds without a byte before the kernel asks, seconds between its questions, and how many go unanswered (tcp(7))."""
UNANSWERED = 90_000
"""Milliseconds that bytes may go unacknowledged, or a peer take none; above `stall_seconds`, which says why."""

RTO_MAX_MS = 44
"""TCP_RTO_MAX_MS of Linux 6.15 and newer, which `socket` does not name: the longest pause before sending again."""
AGAIN = 2_000
"""Milliseconds of that pause; otherwise the kernel doubles it up to 120 s, however soon the network is back."""


def keep_alive(sock: socket.socket) -> None:
    """Set them on a link's socket; a peer that takes nothing for so long has gone too."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    notice_loss(sock)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED)
    with suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, RTO_MAX_MS, AGAIN)


def notice_loss(sock: socket.socket) -> None:
    """Have an idle TCP connection end within 25 s of its peer's machine or cable."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, EVERY)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
