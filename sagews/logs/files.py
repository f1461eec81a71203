"""The log files of a machine: `NAME.log` of each service, and `NAME.log.1`, `NAME.log.2` … that were rotated away."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 4096
"""Files of a directory that are looked at."""

_NAME = re.compile(r"(?P<service>[A-Za-z0-9][\w.-]{0,99}?)\.log(?:\.(?P<number>\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class Found:
    """A log file, as it stands in its directory."""

    name: str
    service: str
    number: int
    """0 for the one that is written to; the higher, the older."""
    device: int
    inode: int
    size: int
    changed: int
    """Time of its last change, in nanoseconds."""

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from any other file that is there now."""
        return self.device, self.inode


def service_of(name: str) -> tuple[str, int] | None:
    """Return the service whose log a file of this name is, and its number; None if it is no log."""
    found = _NAME.fullmatch(name)
    return (found["service"], int(found["number"] or 0)) if found else None


def look(directory: Path) -> list[Found]:
    """Return the log files of a directory, of each service the oldest first. Raises OSError."""
    found = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if (named := service_of(entry.name)) is None:
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # Renamed or deleted meanwhile.
            if stat.S_ISREG(status.st_mode):
                found.append(of_status(entry.name, *named, status))
            if len(found) >= MOST_FILES:
                break
    return sorted(found, key=lambda file: (file.service, -file.number))


def of_status(name: str, service: str, number: int, status: os.stat_result) -> Found:
    """Return a file as the system describes it."""
    # PostgreSQL's integers have a sign.
    device, inode = (value - (value >> 63 << 64) for value in (status.st_dev, status.st_ino))
    return Found(name, service, number, device, inode, status.st_size, status.st_mtime_ns)


def open_log(path: Path) -> int:
    """Open a log for reading, whatever somebody has put there in its place. Raises OSError."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
