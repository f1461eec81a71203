"""What the supervisor holds the main process of a session by: how it signals it, and how it learns of its end.

As long as the zygote lives, that tells of the end. What follows is for
afterwards, and for signals. There are two grips, one where the system has
descriptors of processes (`pidfd.py`), one where it has none (`by_user.py`).
"""

from collections.abc import Callable
from typing import Protocol


class Grip(Protocol):
    """The supervisor's hold of one process; see `main_process.MainProcess`, which owns it."""

    pid: int
    """Of the process, as this machine counts."""

    def interrupt(self) -> None:
        """Send SIGINT to its process group."""

    def send(self, number: int) -> None:
        """Send it a signal; nothing happens if it has ended."""

    def inherit(self, ended: Callable[[int], None]) -> None:
        """Take the zygote's place, which has died; call `ended` once, with the status as wait(2) gives it."""

    def close(self) -> None:
        """Let go of it."""
