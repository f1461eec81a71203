"""The log files of this machine, read without the database, and emptied."""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from sagews.logs.assembly import Assembler
from sagews.logs.files import Found, look, open_log
from sagews.logs.lines import read
from sagews.logs.question import Entry, Question

CHUNK = 1 << 17


class LogFiles:
    """The logs of one machine, as they stand in its directory."""

    def __init__(self, directory: Path, machine: str, longest: int) -> None:
        self._directory = directory
        self._machine = machine
        self._longest = longest
        self._read: dict[tuple[int, int], int] = {}
        """By file: the offset up to which it was read."""

    def newest(self, question: Question) -> list[Entry]:
        """Return the newest records that are wanted, the oldest first; `more` goes on after them. Raises OSError."""
        services: dict[str, deque[Entry]] = {}
        for found in look(self._directory):
            if question.wants_service(found.service):
                last = services.setdefault(found.service, deque(maxlen=question.lines))
                last.extend(entry for entry in self._entries(found, whole=True) if entry.fits(question))
        entries = sorted((entry for last in services.values() for entry in last), key=lambda entry: entry.time)
        return entries[-question.lines :]

    def more(self, question: Question) -> list[Entry]:
        """Return what was written since the last time and is wanted, in the order of time. Raises OSError."""
        entries = [
            entry
            for found in look(self._directory)
            if question.wants_service(found.service)
            for entry in self._entries(found, whole=False)
            if entry.fits(question)
        ]
        return sorted(entries, key=lambda entry: entry.time)

    def _entries(self, found: Found, *, whole: bool) -> Iterator[Entry]:
        """Yield what a file has after what was read of it; the end of half a line is awaited unless `whole`."""
        offset = self._read.get(found.key, 0)
        offset = offset if offset <= found.size else 0
        if offset == found.size:
            return
        assembler = Assembler(offset, self._longest)
        clock = found.changed / 1e9
        try:
            descriptor = open_log(self._directory / found.name)
        except OSError:
            return  # Renamed or deleted meanwhile, or not for this user to read.
        try:
            at = offset
            while data := os.pread(descriptor, CHUNK, at):
                at += len(data)
                ended = len(data) < CHUNK
                raws = assembler.feed(data)
                if ended:
                    raws += assembler.finish() if whole and found.number else assembler.settle()
                for raw in raws:
                    record = read(raw, clock)
                    clock = record.time
                    yield Entry(
                        time=record.time,
                        machine=self._machine,
                        service=found.service,
                        level=record.level,
                        message=record.message,
                        data=record.data,
                    )
            self._read[found.key] = assembler.done
        finally:
            os.close(descriptor)


def empty(directory: Path, services: Question) -> tuple[int, int]:
    """Empty the logs that are written to, delete those that were rotated away; return how many, and their bytes.

    Raises OSError.
    """
    count = size = 0
    for found in look(directory):
        if not services.wants_service(found.service):
            continue
        path = directory / found.name
        if found.number:
            path.unlink(missing_ok=True)
        else:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                os.ftruncate(descriptor, 0)
            finally:
                os.close(descriptor)
        count += 1
        size += found.size
    return count, size
