"""The sending side of a transport, as a connection uses it."""

from typing import Protocol


class Outlet(Protocol):
    """The sending side of a transport."""

    @property
    def congested(self) -> bool:
        """Whether so much waits to be sent that more had better not come now."""

    @property
    def sender(self) -> str | None:
        """The origin of the page that alone can send on it, empty if that is a program; None: anybody could."""

    def send(self, text: str) -> None:
        """Send one message, or put it in line."""

    def close(self, code: int, reason: str) -> None:
        """End the connection after what stands in line."""
