"""The access token of a site that others can reach: a secret in a file of the data directory.

It is never in an argument list, an environment or a log; the backend reads
the same file.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sagews.errors import ConfigurationError
from sagews.service.secret_file import read_secret

FILE_NAME = "access-token"
TOKEN_BYTES = 32
"""Random bytes of a token; 256 bits cannot be guessed, so guesses need not be counted."""
HINT = "remove it, and the next start makes a new one"


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
    token = read_secret(path, 257, HINT).decode("ascii", "replace").strip()
    if not 16 <= len(token) <= 256 or not all(c.isalnum() or c in "-_" for c in token):
        raise ConfigurationError("holds no token", str(path), HINT)
    return token
