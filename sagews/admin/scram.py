"""What PostgreSQL keeps of a password: enough to know who has it, and not the password (RFC 5802, RFC 5803).

Passwords are ASCII, which SASLprep leaves as it is.
"""

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 4096
"""As PostgreSQL has them; for a password of 256 random bits the number does not matter."""
SALT = 16
_FORM = "SCRAM-SHA-256"


def verifier(password: str, salt: bytes | None = None) -> str:
    """Return the verifier of a password, with a salt of its own, as `ALTER ROLE` takes it."""
    salt = secrets.token_bytes(SALT) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"{_FORM}${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def fits(known: str, password: str) -> bool:
    """Whether a verifier, made here, is that of a password."""
    try:
        salt = base64.b64decode(known.split("$")[1].partition(":")[2], validate=True)
    except (IndexError, ValueError):
        return False
    return hmac.compare_digest(known.encode(), verifier(password, salt).encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
