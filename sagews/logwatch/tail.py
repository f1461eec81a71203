"""One log file that is being read: from the position in the database on, in whole records."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from sagews.database.logs import Batch
from sagews.logs.assembly import Assembler
from sagews.logs.files import Found
from sagews.logs.lines import read
from sagews.logs.position import MARK, Position, holds
from sagews.logs.record import Raw, Record

CHUNK = 1 << 17
"""Bytes that are read at once."""
MOST_BYTES = 1 << 22
"""Bytes that are read for one batch, unless a single record is longer."""
FINAL_SECONDS = 5.0
"""How long a file that was rotated away must have been quiet until its last line counts as whole."""


class ChangedError(Exception):
    """The file does not hold any more what was read of it."""


class Tail:
    """A file and what of it is on its way."""

    def __init__(self, found: Found, descriptor: int, position: Position, longest: int, now: float) -> None:
        """Read from the position on; the descriptor is this object's to close."""
        self.found = found
        self.position = position
        """As the database has it."""
        self.origin: Tail | None = None
        """The file that this one is a copy of, as far as it goes: nothing of it is read while that one is there."""
        self.known = False
        """Whether it was found out which file it is."""
        self.broken = False
        """It holds something else now."""
        self.ends = False
        """It was seen to be broken."""
        self.reach = found.size
        """Bytes that it had at most."""
        self.missing = 0
        """How many times it was not found in its directory."""
        self.grown = now
        """When it was last seen to have grown."""
        self._longest = longest
        self._descriptor: int | None = descriptor
        self._clock = found.changed / 1e9
        self.go_on(position)

    # ---------------------------------------------------------------- states

    def go_on(self, position: Position) -> None:
        """Read from this position on, whatever was read before."""
        self.position = position
        self._assembler = Assembler(position.offset, self._longest)
        self._read_to = position.offset
        self._recent = position.tail
        self.head = position.head

    @property
    def is_gone(self) -> bool:
        """Whether the file was deleted."""
        if self._descriptor is not None:
            return os.fstat(self._descriptor).st_nlink == 0
        return self.missing > 1

    @property
    def is_final(self) -> bool:
        """Whether it has its last name: nobody begins to write to it."""
        return self.found.number > 0 or self.missing > 0

    @property
    def size(self) -> int:
        """Bytes that it has now."""
        return self.found.size if self._descriptor is None else os.fstat(self._descriptor).st_size

    @property
    def unread(self) -> int:
        """Bytes that are not in the database, and perhaps not in the file any more."""
        return max(0, (self.reach if self.broken else self.size) - self.position.offset)

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from any other file that is there now."""
        return self.found.key

    def first_bytes(self) -> bytes:
        """Return the first bytes that the file has, or had before it was emptied."""
        return self.head if self.broken or not self.is_held else self.bytes_at(0, MARK)

    def is_of(self, position: Position) -> bool:
        """Whether the position is one of this file."""
        return holds(position, self.size, self.bytes_at)

    def is_read(self, now: float) -> bool:
        """Whether there is nothing more to be expected from the file."""
        return self.is_final and not self.unread and now >= self.grown + FINAL_SECONDS

    def differs(self, found: Found) -> bool:
        """Whether the file was written to since it was last seen."""
        return (found.size, found.changed) != (self.found.size, self.found.changed)

    def see(self, found: Found, now: float) -> None:
        """Take how the file looks in its directory."""
        self.missing = 0
        if self.differs(found) and (found.size < self._read_to or not self.holds()):
            self.broken = True
        elif found.size != self.found.size:
            self.grown = now
        if not self.broken:
            self.reach = max(self.reach, found.size)
        self.found = found

    def holds(self) -> bool:
        """Whether what was read last still stands in the file, as far as that can be seen."""
        if not self.is_held:
            return True
        return self.bytes_at(self._read_to - len(self._recent), len(self._recent)) == self._recent

    def bytes_at(self, offset: int, count: int) -> bytes:
        """Return bytes of the file. Raises OSError."""
        if self._descriptor is None:
            return b""
        return os.pread(self._descriptor, count, offset)

    def hold(self, descriptor: int) -> None:
        """Read from this descriptor, which is this object's to close."""
        self.release()
        self._descriptor = descriptor

    @property
    def is_held(self) -> bool:
        """Whether the file is open."""
        return self._descriptor is not None

    def release(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None

    # --------------------------------------------------------------- reading

    def batch(self, records: int, settle: float, now: float) -> Batch | None:
        """Return the next records, about so many; None if there are none that are whole.

        Raises ChangedError for a file that holds something else now, OSError.
        """
        if not self.is_held:
            return None
        raws: list[Raw] = []
        taken, ended = 0, False
        while not ended and len(raws) < records and not (raws and taken >= MOST_BYTES):
            data = self._next()
            if data:
                raws += self._assembler.feed(data)
                taken += len(data)
            else:
                ended = True
        if ended and (self.is_gone or (self.is_final and now >= self.grown + FINAL_SECONDS)):
            raws += self._assembler.finish()
        elif ended and self._assembler.is_open and now >= self.grown + settle:
            raws += self._assembler.settle()
        done = self._assembler.done
        if done == self.position.offset:
            return None
        after = replace(
            self.position,
            name=self.found.name,
            offset=done,
            head=self.head[:done],
            tail=self.bytes_at(max(0, done - MARK), min(done, MARK)),
            size=max(self.size, done),
        )
        return Batch(before=self.position, after=after, records=list(self._records(raws)))

    @property
    def has_more(self) -> bool:
        """Whether the file has bytes that have not even been read."""
        return self.size > self._read_to

    @property
    def waits(self) -> bool:
        """Whether there is a record that will be whole when nothing more comes for a while."""
        return self._assembler.is_open or (self.is_final and self._assembler.held > 0)

    def _next(self) -> bytes:
        """Return the next bytes of the file, empty at its end."""
        before = len(self._recent)
        data = self.bytes_at(self._read_to - before, before + CHUNK)
        if data[:before] != self._recent:
            self.broken = True
            self.reach = self._read_to
            raise ChangedError
        self._recent = data[-MARK:]
        data = data[before:]
        if len(self.head) < MARK:
            self.head += data[: MARK - len(self.head)]
        self._read_to += len(data)
        self.reach = max(self.reach, self._read_to)
        return data

    def _records(self, raws: Iterable[Raw]) -> Iterable[Record]:
        for raw in raws:
            record = read(raw, self._clock)
            self._clock = record.time
            yield record
