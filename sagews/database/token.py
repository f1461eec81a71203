"""Tokens: whoever shows one has what it stands for. The database has only their hashes.

256 random bits need neither salt nor a slow hash: nobody can try them out.
"""

import hashlib
import secrets

BYTES = 32
"""Random bytes of a token."""
LONGEST = 200
"""Characters of what is looked at as a token."""


def new_token(prefix: str = "") -> str:
    """Return a token that nobody has yet; the prefix tells people and programs what it is for."""
    return prefix + secrets.token_urlsafe(BYTES)


def hash_of(token: str) -> bytes:
    """Return by what the database knows a token; of what is too long to be one, the hash of nothing that is."""
    return hashlib.sha256(token[: LONGEST + 1].encode("utf-8", "surrogatepass")).digest()
