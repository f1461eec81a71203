"""The access token of a site that others can reach: a secret in a file of the data directory.

It is never in an argument list, an environment or a log; the backend reads
the same file.
"""

import secrets
from pathlib import Path

from sagews.errors import ConfigurationError
from sagews.service.secret_file import make_secret, read_secret

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
    make_secret(path, lambda: secrets.token_urlsafe(TOKEN_BYTES))
    return _read(path)


def _read(path: Path) -> str:
    token = read_secret(path, 257, HINT).decode("ascii", "replace").strip()
    if not 16 <= len(token) <= 256 or not all(c.isalnum() or c in "-_" for c in token):
        raise ConfigurationError("holds no token", str(path), HINT)
    return token
