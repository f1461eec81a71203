"""Makes an environment smaller, without taking anything away that computes.

Of 4.3 GB of passagemath, 2.7 GB are libraries whose symbols only a debugger
reads, and several packages bring the same library: the symbols go, and what
is the same becomes one file with several names.
"""

import hashlib
import os
import shutil
import stat
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

DROPPED_SUFFIXES = (".a", ".la", ".pc", ".tst")
DROPPED_DIRECTORIES = {"doc", "htm", "tst", "man"}
"""Manuals and tests of GAP's packages and of the libraries, where they lie below `pkg` or `share`."""
BELOW = {"pkg", "share"}
LEAST_LINKED = 1 << 12
"""Bytes below which two of the same stay two."""
BATCH = 40
"""Libraries that one run of `strip` gets."""
STRIP_DEADLINE = 120.0

_ELF = b"\x7fELF\x02\x01"
_LOAD = 1
_PAGE = 4096


def slim(directory: Path, tell: Callable[[str], None]) -> None:
    """Make an environment smaller. What cannot be done is told, and left."""
    tell("Making it smaller ...")
    before = _size(directory)
    _drop(directory)
    if (strip := shutil.which("strip")) is not None:
        _strip(directory, strip)
    else:
        tell("  There is no `strip` here (Debian's package binutils), which would make it half as large.")
    _link_the_same(directory)
    tell(f"  {before / 1e9:.1f} GB became {_size(directory) / 1e9:.1f} GB.")


def can_be_loaded(head: bytes) -> bool:
    """Whether the loader takes a library that begins so, as far as the places of its segments go.

    What `strip` makes of a library that auditwheel has patched may have
    segments whose places in the file and in memory do not differ by whole
    pages, which the loader refuses. (ELF-64, System V ABI: the program
    headers are at `e_phoff`, 56 bytes each.)
    """
    if not head.startswith(_ELF) or len(head) < 64:
        return False
    offset, size, count = *struct.unpack_from("<Q", head, 32), *struct.unpack_from("<HH", head, 54)
    if size != 56 or len(head) < offset + size * count:
        return False
    for index in range(count):
        kind, _flags, place, address = struct.unpack_from("<IIQQ", head, offset + index * size)
        if kind == _LOAD and place % _PAGE != address % _PAGE:
            return False
    return True


def _drop(directory: Path) -> None:
    for place, directories, files in os.walk(directory):
        parts = set(Path(place).relative_to(directory).parts)
        for name in [each for each in directories if each in DROPPED_DIRECTORIES and BELOW & parts]:
            shutil.rmtree(Path(place, name))
            directories.remove(name)
        for name in files:
            if name.endswith(DROPPED_SUFFIXES):
                Path(place, name).unlink()


def _strip(directory: Path, strip: str) -> None:
    libraries = [path for path in _files(directory) if _is_library(path)]
    with tempfile.TemporaryDirectory(dir=directory) as place:
        for first in range(0, len(libraries), BATCH):
            batch = libraries[first : first + BATCH]
            copies = [Path(shutil.copy2(path, f"{place}/{number}")) for number, path in enumerate(batch)]
            # One that it refuses stays as it is.
            subprocess.run(
                [strip, "--strip-unneeded", *copies], capture_output=True, timeout=STRIP_DEADLINE, check=False
            )
            for path, copy in zip(batch, copies, strict=True):
                if can_be_loaded(_head(copy)):
                    os.replace(copy, path)


def _is_library(path: Path) -> bool:
    return (path.name.endswith((".so", ".fas")) or ".so." in path.name) and can_be_loaded(_head(path))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_PAGE)


def _link_the_same(directory: Path) -> None:
    """Give files with the same bytes and mode one place on the disk."""
    by_size: dict[tuple[int, int], list[Path]] = {}
    for path in _files(directory):
        status = path.lstat()
        if status.st_size >= LEAST_LINKED:
            by_size.setdefault((status.st_size, status.st_mode), []).append(path)
    for paths in by_size.values():
        first: dict[bytes, Path] = {}
        for path in paths if len(paths) > 1 else ():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
            if (same := first.setdefault(digest, path)) is not path:
                linked = path.with_name(f".{path.name}.linked")
                os.link(same, linked)
                os.replace(linked, path)


def _size(directory: Path) -> int:
    """Bytes on the disk of all below a directory, each file once."""
    return sum({(status.st_dev, status.st_ino): status.st_blocks * 512 for status in _statuses(directory)}.values())


def _statuses(directory: Path) -> Iterator[os.stat_result]:
    return (path.lstat() for path in _files(directory))


def _files(directory: Path) -> Iterator[Path]:
    for place, _directories, files in os.walk(directory):
        for name in files:
            path = Path(place, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path
