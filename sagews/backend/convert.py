"""`sagews convert`: a notebook from one file into another, whole or not at all."""

import os
import stat
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
    _check_paths(source, target)
    writing = write_as or write_format(str(target))
    if not overwrite and os.path.lexists(target):
        raise _there(target)
    data = _bytes_of(source)
    try:
        notebook = READERS[read_as or read_format(str(source), data)](data)
        written = WRITERS[writing](notebook)
    except FormatError as error:
        raise FormatError(error.what, f"{source}: {error.noun}", error.hint) from None
    for repair in notebook.repairs:
        say(f"{source}: {repair}")
    _put(target, written, overwrite=overwrite)


def _there(target: Path) -> ConfigurationError:
    return ConfigurationError("is there already", str(target), "choose another name, or give --overwrite")


def _check(name: str | None, formats: Iterable[str], option: str) -> None:
    if name is not None and name not in formats:
        raise ConfigurationError(f"there is no format {name!r}", option, f"name one of {', '.join(formats)}")


def _check_paths(source: Path, target: Path) -> None:
    for path in (source, target):
        if str(path) == "-":
            raise ConfigurationError("is no file: streams are neither read nor written", "-", "name a file")
    try:
        odd = not stat.S_ISREG(target.stat().st_mode)
    except OSError:
        # It is not there; what else keeps it from being written is said when it is.
        odd = False
    if odd:
        raise ConfigurationError("is there, and is no regular file", str(target), "choose another name")


def _bytes_of(source: Path) -> bytes:
    try:
        # Without O_NONBLOCK a pipe would wait for somebody who writes.
        with os.fdopen(os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigurationError("is no regular file", str(source), "write it to a file, and name that")
            # One more than any format takes, which then says that it is too large.
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", str(source)) from None


def _put(target: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a file beside its place, then put it there: who reads the place finds all of it, or what was there.

    A symbolic link stays, and the file is put where it leads.
    """
    temporary = ""
    try:
        target = target.resolve() if overwrite else target
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".sagews-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        if overwrite:
            os.replace(temporary, target)
        else:
            # Unlike `replace`, this fails if somebody else has put a file there by now.
            os.link(temporary, target)
    except FileExistsError:
        raise _there(target) from None
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
