"""Files that hold a secret: read only if nobody but their owner can read them."""

import os
import stat
from pathlib import Path

from sagews.errors import ConfigurationError


def read_secret(path: Path, limit: int, hint: str) -> bytes:
    """Return the content of a file, at most `limit` bytes of it.

    Raises ConfigurationError with this hint for one that cannot be read, that
    is no file of this user's, or that others can read: its content may be known.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path), hint) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            raise ConfigurationError("is not a file of this user", str(path), hint)
        if found.st_mode & 0o077:
            raise ConfigurationError(f"can be read by others (mode {found.st_mode & 0o777:04o})", str(path), hint)
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)
