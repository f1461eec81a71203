"""How a client comes to a server: what a route is, whichever server it leads to."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

from sagews.client.events import Event, Welcome
from sagews.client.files import Files

Json = dict[str, Any]


class Line(Protocol):
    """One way to say and to hear, until it is lost."""

    @property
    def welcome(self) -> Welcome:
        """What the server said of itself."""

    def send(self, message: Json) -> None:
        """Say a message; it is lost if the line is."""

    def events(self) -> AsyncIterator[Event]:
        """Yield what the server tells, until the line is lost. Raises ProtocolError for nonsense."""

    async def close(self) -> None:
        """Say what was not said yet, then end the line."""


class Route(Protocol):
    """Leads to a server, as often as a line to it is lost."""

    async def connect(self) -> Line:
        """Return a new line. Raises RefusedError if the server refuses, ServiceError if it cannot be reached."""

    def files(self) -> Files:
        """Return the way that files take. Raises ServiceError where there is none."""

    async def close(self) -> None:
        """Let go of what all lines share."""

    def __str__(self) -> str:
        """The server, as messages name it."""
