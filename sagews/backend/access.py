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
import re

from sagews.backend.reader import PROGRAM, TOKEN

COOKIE_SECONDS = 30 * 86400
"""How long a browser keeps its cookie."""

_AUTHORIZATION = re.compile(r"(?:bearer|token) +(?P<token>\S+)", re.IGNORECASE)


class Access:
    """Says whether a request shows the token."""

    def __init__(self, token: str, port: int) -> None:
        self.token = token
        """What opens this backend, and the site's others."""
        self._token = token.encode()
        self.cookie_name = f"sagews-access-{port}"
        """Holds the port, since cookies of one host are shared by all its ports."""
        self.cookie_value = hmac.new(self._token, b"cookie", hashlib.sha256).hexdigest()

    def opens(self, token: str) -> bool:
        """Whether this is the token; takes the same time whatever is wrong with it."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token)

    def subject(self, *, cookie: str | None, authorization: str | None) -> str:
        """Return as whom a request may go on; empty if it may not. What its header says comes before its cookie."""
        if authorization is not None and (found := _AUTHORIZATION.fullmatch(authorization.strip())) is not None:
            return PROGRAM if self.opens(found["token"]) else ""
        if cookie is None:
            return ""
        known = hmac.compare_digest(cookie.encode("utf-8", "surrogatepass"), self.cookie_value.encode())
        return TOKEN if known else ""
