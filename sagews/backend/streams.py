"""The ways in which SockJS's receiving requests are answered: the library's, with two things of it settled.

Its responses end after the number of bytes that is set, and no text of a
session can end the script that carries it: the library writes `<` as it is
into pages and scripts, and `</script>` in an output would run what follows
it as a page of ours.
"""

import json
import re
from typing import Any

from sockjs.transports.base import StreamingTransport
from sockjs.transports.eventsource import EventsourceTransport
from sockjs.transports.htmlfile import HTMLFileTransport
from sockjs.transports.jsonp import JSONPolling
from sockjs.transports.xhr_pooling import XHRTransport
from sockjs.transports.xhrstreaming import XHRStreamingTransport

_CALLBACK = re.compile(r"[a-zA-Z0-9_.]{1,128}")


def callback_error(callback: str | None) -> str:
    """Return why this cannot be the name of a callback, in SockJS's words; nothing if it can."""
    if not callback:
        return '"callback" parameter required'
    return "" if _CALLBACK.fullmatch(callback) else 'invalid "callback" parameter'


def script_text(text: str) -> str:
    """Return text as a literal of JavaScript that may stand in a page: ASCII, and without `<`."""
    return json.dumps(text).replace("<", "\\u003c")


class _Limited:
    """A response that ends after the bytes that its session says."""

    session: Any

    @property
    def maxsize(self) -> int:
        """Bytes; see the library."""
        limit: int = self.session.stream_limit
        return limit


class XHRStreaming(_Limited, XHRStreamingTransport):  # type: ignore[misc]  # the library has no types
    """`xhr_streaming`: lines, in one response."""


class EventSource(_Limited, EventsourceTransport):  # type: ignore[misc]
    """`eventsource`: server-sent events."""


class HTMLFile(_Limited, HTMLFileTransport):  # type: ignore[misc]
    """`htmlfile`: scripts, in a page that never ends."""

    async def _send(self, text: str) -> Any:
        return await StreamingTransport._send(self, f"<script>\np({script_text(text)});\n</script>\r\n")


class JSONP(JSONPolling):  # type: ignore[misc]
    """`jsonp`: a script for each frame."""

    async def _send(self, text: str) -> Any:
        return await StreamingTransport._send(self, f"/**/{self.callback}({script_text(text)});\r\n")


BY_POST = {"xhr": XHRTransport, "xhr_streaming": XHRStreaming}
BY_GET = {"eventsource": EventSource, "htmlfile": HTMLFile, "jsonp": JSONP}
"""These receive, as the others do, and do nothing else: what a client sends is sent by POST."""
RECEIVING = BY_POST | BY_GET
