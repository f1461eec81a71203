"""What both sides can do, so that one measure is written once for both."""

from typing import Protocol


class Reader(Protocol):
    """Somebody with a session of their own. Made by `Side.arrive`."""

    async def evaluate(self, code: str, kind: str = "execute_result") -> str:
        """Run the code; return the text of its first output of a kind, as soon as it arrives.

        What follows it is read by `settle`.
        """

    async def settle(self) -> None:
        """Read until the evaluation is over, so that the next one can start."""

    async def leave(self) -> None:
        """End the session, wait until the service says that it is gone, and close the connection."""


class Side(Protocol):
    """A running service."""

    name: str
    has_spares: bool
    """Whether sessions stand ready that need a moment to be made again."""

    async def arrive(self) -> Reader:
        """Come as a new reader: new connection, new session."""

    def processes(self, session: int) -> list[int]:
        """Return the processes that one session costs, given the one that runs the code."""
