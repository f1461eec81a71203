"""The access token of a site that more than this machine can reach.

Whoever may evaluate can run any program as the service's user, so a backend
whose address is not loopback asks for a token: 256 random bits in
`<data>/access-token`, which the start prints as part of the address. A
browser shows it once, in `?token=`, and then holds a cookie; a program sends
`Authorization: Bearer TOKEN`. The cookie's value is derived from the token,
so that a cookie that leaks to another server of the same host name (cookies
know no ports) is not the token itself.
"""

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from sagews.errors import ConfigurationError

TOKEN_BYTES = 32
"""Random bytes of a token; 256 bits cannot be guessed, so guesses need not be counted."""
COOKIE_SECONDS = 30 * 86400
"""How long a browser keeps its cookie."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,256}")
_AUTHORIZATION = re.compile(r"(?:bearer|token) +(?P<token>\S+)", re.IGNORECASE)


class Access:
    """Says whether a request shows the token."""

    def __init__(self, token: str, port: int) -> None:
        self._token = token.encode()
        self.cookie_name = f"sagews-access-{port}"
        """Holds the port, since cookies of one host are shared by all its ports."""
        self.cookie_value = hmac.new(self._token, b"cookie", hashlib.sha256).hexdigest()

    def opens(self, token: str) -> bool:
        """Whether this is the token; takes the same time whatever is wrong with it."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token)

    def admits(self, *, cookie: str | None, authorization: str | None) -> bool:
        """Whether a request with these headers may go on."""
        if authorization is not None and (found := _AUTHORIZATION.fullmatch(authorization.strip())) is not None:
            return self.opens(found["token"])
        if cookie is None:
            return False
        return hmac.compare_digest(cookie.encode("utf-8", "surrogatepass"), self.cookie_value.encode())


def read_token(path: Path) -> str:
    """Return the token in a file, which is made first if it is missing.

    Raises ConfigurationError for a file that cannot be read or made, that
    others may read, or that holds no token.
    """
    _make(path)
    try:
        mode = path.stat().st_mode
        token = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read ({error.strerror})", str(path), "make it readable for the service's user"
        ) from error
    if mode & 0o077:
        raise ConfigurationError("can be read by other users", str(path), "remove it: a new one is made at the start")
    if not _TOKEN.fullmatch(token):
        raise ConfigurationError("holds no access token", str(path), "remove it: a new one is made at the start")
    return token


def _make(path: Path) -> None:
    """Write a new token unless there is one; whoever comes second finds the first one's."""
    if path.exists():
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole under another name, so that nobody reads half of it.
        draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, secrets.token_urlsafe(TOKEN_BYTES).encode() + b"\n")
            os.close(descriptor)
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be made ({error.strerror})", str(path), "choose a data_directory that can be written to"
        ) from error
