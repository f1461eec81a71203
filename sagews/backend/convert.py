"""`sagews convert`: a notebook from one file into another, whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from sagews.backend.formats.conversion import READERS, WRITERS, read_format, write_format
from sagews.backend.formats.opening import MOST_BYTES
from sagews.errors import ConfigurationError, FormatError


def convert(
    source: Path,
    target: Path,
    read_as: str | None,
    write_as: str | None,
    *,
    overwrite: bool,
    say: Callable[[str], None],
) -> None:
    """Read a file in one format, write it to another file in another; what was mended is said.

    Raises ConfigurationError for a path or a format, FormatError for what a file says.
    """
    _check(read_as, READERS, "--from")
    _check(write_as, WRITERS, "--to")
    writing = write_as or write_format(str(target))
    if not overwrite and os.path.lexists(target):
        raise ConfigurationError("is there already", str(target), "choose another name, or give --overwrite")
    data = _bytes_of(source)
    try:
        notebook = READERS[read_as or read_format(str(source), data)](data)
        written = WRITERS[writing](notebook)
    except FormatError as error:
        raise FormatError(error.what, f"{source}: {error.noun}", error.hint) from None
    for repair in notebook.repairs:
        say(f"{source}: {repair}")
    _put(target, written)


def _check(name: str | None, formats: Iterable[str], option: str) -> None:
    if name is not None and name not in formats:
        raise ConfigurationError(f"there is no format {name!r}", option, f"name one of {', '.join(formats)}")


def _bytes_of(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            # One more than any format takes, which then says that it is too large.
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", str(source)) from None


def _put(target: Path, data: bytes) -> None:
    """Write a file beside its place, then put it there: who reads the place finds all of it, or what was there."""
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".sagews-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror}", str(target)) from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _mode(target: Path) -> int:
    """Return the mode of the file that is there, or that of a new one."""
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
