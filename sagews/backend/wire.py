"""How far what was written to a TCP connection has come, by what the kernel says of it (tcp(7), TCP_INFO)."""

import asyncio
import fcntl
import socket
import struct
import termios

_ACKNOWLEDGED = struct.Struct("=120xQ")
"""`struct tcp_info` up to `tcpi_bytes_acked`, which Linux has since 4.1 (linux/tcp.h)."""


class Wire:
    """The sending side of one connection, in bytes since it began."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self._socket = transport.get_extra_info("socket")

    @property
    def written(self) -> int:
        """All that was given to the transport."""
        queue = bytearray(4)
        fcntl.ioctl(self._socket.fileno(), termios.TIOCOUTQ, queue)  # for a socket this is SIOCOUTQ
        return self.taken + int.from_bytes(queue, "little") + self._transport.get_write_buffer_size()

    @property
    def taken(self) -> int:
        """What of it the peer's machine has acknowledged."""
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.size)
        (acknowledged,) = _ACKNOWLEDGED.unpack(info)
        return int(acknowledged)

    def give_up_after(self, seconds: float) -> None:
        """Have the kernel end the connection when its peer has acknowledged, or taken, nothing for so long."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))
