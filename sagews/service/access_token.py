"""The access token of a site that others can reach: a secret in a file of the data directory.

It is never in an argument list, an environment or a log; the backend reads
the same file.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from sagews.errors import ConfigurationError

FILE_NAME = "access-token"
TOKEN_BYTES = 32
"""Random bytes of a token; 256 bits cannot be guessed, so guesses need not be counted."""


def access_token(data: Path) -> str:
    """Return the token in the data directory, made on first use. Raises ConfigurationError.

    A file that others can read is refused, and so is one that somebody else
    put there: its content may be known.
    """
    path = data / FILE_NAME
    if not path.exists():
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Write a new token; of two that do it at once, the second finds the first one's."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole under another name, so that nobody reads half of it.
        draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written ({error.strerror})", str(path), "choose another directory with --data"
        ) from error


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            raise _refused(path, "is not a file of this user")
        if found.st_mode & 0o077:
            raise _refused(path, f"can be read by others (mode {found.st_mode & 0o777:04o})")
        token = os.read(descriptor, 257).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)
    if not 16 <= len(token) <= 256 or not all(c.isalnum() or c in "-_" for c in token):
        raise _refused(path, "holds no token")
    return token


def _refused(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(what, str(path), "remove it, and the next start makes a new one")
