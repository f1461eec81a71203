"""The page of SockJS by which a page of another origin can reach us from a browser without CORS.

It does for the page around it whatever that asks, with our origin. So only
the origins of `backend.origins`, which may ask by themselves as well, can put
it into a frame; it loads the client that is in our bundle, and nothing of
anybody else's; and `Origin-Agent-Cluster` makes its line about
`document.domain`, by which pages of other ports of this host could reach into
it, do nothing (HTML standard, "relaxing the same-origin restriction").

Source: SockJS protocol 0.3.3, "IFrame page", which has every byte of it but the address.
"""

import base64
import hashlib
from collections.abc import Iterable

from aiohttp import web

from sagews.backend import headers

SCRIPT = "/static/sockjs.js"
"""The client in our bundle; not by a name that changes, for the page is kept for long."""

_INLINE = """
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  """
_PAGE = f"""<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script src="{SCRIPT}"></script>
  <script>{_INLINE}</script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>
"""


class IFramePage:
    """The page, made once."""

    def __init__(self, embedders: Iterable[str]) -> None:
        """Take the origins whose pages may have it in a frame."""
        self._body = _PAGE.encode()
        self._etag = f'"{hashlib.sha256(self._body).hexdigest()[:24]}"'
        digest = base64.b64encode(hashlib.sha256(_INLINE.encode()).digest()).decode()
        self._inline = f"'sha256-{digest}'"
        self._embedders = tuple(embedders)

    def response(self, request: web.Request) -> web.Response:
        """Return the answer to a request for it."""
        fields = {
            **headers.kept_for_a_year(),
            "ETag": self._etag,
            "Origin-Agent-Cluster": "?1",
            "Content-Security-Policy": headers.bridge_policy(request.headers["Host"], self._inline, self._embedders),
        }
        if request.headers.get("If-None-Match") == self._etag:
            return web.Response(status=304, headers=fields)
        return web.Response(body=self._body, headers=fields | {"Content-Type": "text/html; charset=UTF-8"})
