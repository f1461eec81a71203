"""The log files of a directory, each found again under whatever name and after whatever befell it.

Each look at the directory compares it with the files that are being read. A
file that was renamed goes on being read, since it stays open; one that was
deleted is read to its end, unless the database is away: then it is let go, so
that logs that were deleted do not fill the disk. A file whose content was
replaced ends, and begins anew. What ends becomes a Farewell, which says what
was lost.
"""

import os
import stat
from pathlib import Path

import structlog

from sagews.logs.files import Found, look, of_status, open_log
from sagews.logs.position import Farewell, Position
from sagews.logwatch.recognition import recognise
from sagews.logwatch.tail import Tail

MOST_DELETED = 4
"""Deleted files that are kept open to be read to their ends."""
MISSED = 3
"""Looks at which an open file was not found until it counts as gone."""

log = structlog.get_logger()


class Directory:
    """The logs of one directory, and how far each was read."""

    def __init__(self, path: Path, longest: int) -> None:
        self.path = path
        self._longest = longest
        self._tails: dict[tuple[int, int], Tail] = {}
        self._positions: dict[tuple[int, int], Position] = {}
        """Of files that have not been seen since the beginning."""
        self._generations: dict[tuple[int, int], int] = {}
        self._closed: set[str] = set()
        """Names of files that could not be opened."""

    def begin(self, positions: list[Position], generations: dict[tuple[int, int], int]) -> None:
        """Begin, or begin anew, with what the database knows."""
        self.close()
        self._positions = {position.key: position for position in positions}
        self._generations = dict(generations)

    def close(self) -> None:
        """Close all files."""
        for tail in self._tails.values():
            tail.release()
        self._tails.clear()

    @property
    def tails(self) -> list[Tail]:
        """The files that are being read: those that are deleted first, then of each service the oldest first."""
        ready = [tail for tail in self._tails.values() if tail.known and tail.origin is None and not tail.broken]
        return sorted(ready, key=lambda tail: (not tail.missing, tail.found.service, -tail.found.number))

    @property
    def is_restless(self) -> bool:
        """Whether there is something to be seen at the next look without anything happening."""
        tails = self._tails.values()
        return any(tail.broken or tail.missing or (not tail.known and tail.size > 0) for tail in tails)

    def grown(self) -> float:
        """Return when a file was last seen to have grown; 0 if there is none."""
        return max((tail.grown for tail in self._tails.values()), default=0.0)

    def look(self, now: float, *, away: bool = False, busy: Tail | None = None) -> list[Farewell]:
        """Look at the directory; return what has ended.

        `away`: the database cannot take anything now. `busy`: what was read of
        this file is on its way, so that it does not end yet. Raises OSError.
        """
        found = look(self.path)
        for file in found:
            self._see(file, now)
        names = {file.key for file in found}
        for key, tail in self._tails.items():
            tail.missing += key not in names
        ended = self._ended(away=away, busy=busy)
        for tail in ended:
            del self._tails[tail.key]
        for file in found:
            if file.key not in self._tails:
                self._see(file, now)
        hidden = {key: it for key, it in self._positions.items() if key in names and key not in self._tails}
        seen = {key: it for key, it in self._positions.items() if key not in hidden}
        farewells = recognise(list(self._tails.values()), ended, seen)
        self._positions = hidden
        for tail in ended:
            tail.release()
        for tail in self._tails.values():
            if tail.is_held and tail is not busy and tail.is_read(now):
                tail.release()
        return farewells

    def back_to(self, tail: Tail, positions: list[Position]) -> bool:
        """Read a file from where the database says it is; whether it knows the file as this one."""
        known = (it for it in positions if it.key == tail.key and it.generation == tail.position.generation)
        position = next(known, None)
        if position is None or not tail.is_of(position):
            return False
        tail.go_on(position)
        return True

    # ---------------------------------------------------------------- within

    def _see(self, found: Found, now: float) -> None:
        tail = self._tails.get(found.key)
        if tail is not None and (tail.is_held or not tail.differs(found)):
            tail.see(found, now)
            return
        if (opened := self._opened(found)) is None:
            return
        descriptor, found = opened
        if tail is not None:
            tail.hold(descriptor)
            tail.see(found, now)
            return
        generation = self._generations.get(found.key, -1) + 1
        self._generations[found.key] = generation
        position = Position(
            service=found.service,
            name=found.name,
            device=found.device,
            inode=found.inode,
            generation=generation,
            size=found.size,
        )
        self._tails[found.key] = Tail(found, descriptor, position, self._longest, now)

    def _opened(self, found: Found) -> tuple[int, Found] | None:
        """Open a file that was found; None if it is another one by now, or must not be read."""
        try:
            descriptor = open_log(self.path / found.name)
        except FileNotFoundError:
            return None
        except OSError as error:
            if found.name not in self._closed:
                log.warning("log cannot be read", file=found.name, error=error.strerror)
                self._closed.add(found.name)
            return None
        self._closed.discard(found.name)
        status = os.fstat(descriptor)
        again = of_status(found.name, found.service, found.number, status)
        if again.key != found.key or not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            return None
        return descriptor, again

    def _ended(self, *, away: bool, busy: Tail | None) -> dict[Tail, tuple[int, str]]:
        """Return the files that are not to be read any further, with what is lost of each, and why."""
        ended: dict[Tail, tuple[int, str]] = {}
        deleted = 0
        for tail in sorted(self._tails.values(), key=lambda tail: tail.found.number):
            gone = tail.is_gone or tail.missing >= MISSED
            if tail is busy:
                if gone and away:
                    tail.release()
            elif tail.broken:
                # At the next look: a copy of it may have been made during this one.
                if tail.ends:
                    ended[tail] = tail.unread, "emptied before it was read"
                tail.ends = True
            elif gone and (not tail.is_held or not tail.unread):
                ended[tail] = tail.unread, "deleted before it was read"
            elif gone:
                deleted += 1
                if away or deleted > MOST_DELETED:
                    ended[tail] = tail.unread, "deleted before it was read"
        return ended
