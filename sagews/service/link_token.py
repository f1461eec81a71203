"""The auth token of links between machines: a secret that backends show and workers ask for.

Its file holds one token a line, the newest first. A backend sends the newest,
a worker accepts any: so that a new one can be put first on all workers, then
on all backends, and the old one be taken out, and no link fails meanwhile.
"""

import hmac
from pathlib import Path

from sagews.errors import ConfigurationError
from sagews.service.secret_file import read_secret
from sagews.service.watched import Watched

MAX_TOKENS = 8
"""Tokens in force at once."""
MIN_LENGTH, MAX_LENGTH = 32, 256
"""Characters of one; `sagews certificates` makes 43, which are 256 random bits."""

HINT = "chmod 600 it, or make a new one with `sagews certificates`"


class LinkToken:
    """The tokens of a file, as they are now."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises ConfigurationError for one that others can read, or that holds no token."""
        self._tokens = Watched([path], lambda: read_tokens(path))

    def newest(self) -> bytes:
        """Return what a backend shows."""
        return self._tokens.get()[0]

    def admits(self, shown: bytes) -> bool:
        """Whether this is one of the tokens; takes the same time whatever is wrong with it."""
        return any([hmac.compare_digest(shown, token) for token in self._tokens.get()])


def read_tokens(path: Path) -> list[bytes]:
    """Return the tokens of a file, the newest first. Raises ConfigurationError."""
    lines = [line.strip() for line in read_secret(path, 1 << 16, HINT).splitlines()]
    tokens = [line for line in lines if line]
    if not 1 <= len(tokens) <= MAX_TOKENS:
        raise ConfigurationError(f"holds {len(tokens)} tokens, not 1 to {MAX_TOKENS}", str(path), HINT)
    if not all(MIN_LENGTH <= len(token) <= MAX_LENGTH and all(33 <= byte < 127 for byte in token) for token in tokens):
        raise ConfigurationError(
            f"holds a line that is no token of {MIN_LENGTH} to {MAX_LENGTH} visible characters", str(path), HINT
        )
    return tokens
