"""What is made from files, and made again when they have changed: how certificates and tokens are renewed.

Nothing watches: whoever asks looks, at the cost of one stat(2) a file, and
links are few.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from sagews.errors import SagewsError

T = TypeVar("T")

log = structlog.get_logger()


class Watched(Generic[T]):
    """A value that is read from files."""

    def __init__(self, files: list[Path], read: Callable[[], T]) -> None:
        """Read it for the first time. Raises what `read` raises."""
        self._files = files
        self._read = read
        self._seen = self._look()
        self._value = read()

    def get(self) -> T:
        """Return the value of the files as they are now; the last good one, with a line in the log, if they are bad."""
        if (seen := self._look()) != self._seen:
            self._seen = seen
            try:
                self._value = self._read()
                log.info("files read again", files=[str(path) for path in self._files])
            except SagewsError as error:
                log.error("files changed and are not used", error=str(error))
        return self._value

    def _look(self) -> list[tuple[int, int, int, int] | None]:
        """Return what changes when a file does: its inode, size, time and mode."""
        looks: list[tuple[int, int, int, int] | None] = []
        for path in self._files:
            try:
                found = os.stat(path)
                looks.append((found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode))
            except OSError:
                looks.append(None)
        return looks
