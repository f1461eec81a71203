"""The server's end of one WebSocket: aiohttp's, with its compression and its closing settled.

**Compression** (permessage-deflate, RFC 7692) is on only where readers come
through a network, and only a message of WORTH bytes or more is compressed.
Each is compressed by itself, in both directions (`no_context_takeover`), for
two reasons. What a message with a secret in it (a ticket, the token of a
session) weighs on the wire says nothing of that secret, since no text that
somebody else chose is compressed together with it. And an idle socket keeps
no compressor: one of zlib's is 256 KiB.

**Closing**: aiohttp answers every close with 1000 and takes 1006 for a code;
here the code comes back, and one that no peer may send is a breach of the
protocol (RFC 6455 sections 5.5.1 and 7.4).
"""

from aiohttp import WSCloseCode, WSMessage, WSMsgType, hdrs, web
from aiohttp.http import WebSocketWriter
from multidict import CIMultiDict

WORTH = 1400
"""Bytes of a message from which on it is compressed; see docs/reference/transports.md for what was measured."""

_NEVER_SENT = frozenset({1004, 1005, 1006, 1015})
_NO_CODE = 0
"""What aiohttp gives as the code of a close that has none."""


class WebSocket(web.WebSocketResponse):
    """One WebSocket, which answers a close but leaves pings and pongs to who reads."""

    def __init__(self, *, compress: bool, max_message: int) -> None:
        """Take whether messages may be compressed, and the bytes of the largest that is received."""
        super().__init__(compress=compress, max_msg_size=max_message, heartbeat=None, autoping=False, autoclose=False)
        self._window = 0
        """Bits of the window for compressing; 0: the client cannot."""

    def _handshake(self, request: web.BaseRequest) -> tuple[CIMultiDict[str], str | None, int, bool]:
        try:
            fields, protocol, window, _ = super()._handshake(request)
        except (web.HTTPBadRequest, ValueError):
            # aiohttp's words repeat what was sent, which may be no text; some of it is not even looked for.
            raise web.HTTPBadRequest(text="This does not open a WebSocket: use version 13 of it (RFC 6455).") from None
        if window:
            fields[hdrs.SEC_WEBSOCKET_EXTENSIONS] = extension(window)
        return fields, protocol, window, True

    def _pre_start(self, request: web.BaseRequest) -> tuple[str | None, WebSocketWriter]:
        protocol, writer = super()._pre_start(request)
        # The writer would compress everything; put() says what.
        self._window, writer.compress = writer.compress, 0
        return protocol, writer

    async def put(self, message: str | bytes) -> None:
        """Send a message. Raises ClientConnectionResetError if the connection is lost."""
        data, kind = (message.encode(), WSMsgType.TEXT) if isinstance(message, str) else (message, WSMsgType.BINARY)
        await self.send_frame(data, kind, self._window if len(data) >= WORTH else None)

    async def answer_close(self, message: WSMessage) -> None:
        """Answer the peer's close."""
        code = message.data
        await self.close(code=closing_code(code), drain=False)


def closing_code(code: int) -> int:
    """Return the code with which a close of this one is answered."""
    if code == _NO_CODE:
        return WSCloseCode.OK
    return WSCloseCode.PROTOCOL_ERROR if code in _NEVER_SENT or code >= 5000 else code


def extension(window: int) -> str:
    """Return the header that agrees to compress, with a window of so many bits at most."""
    agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    return agreed if window == 15 else f"{agreed}; server_max_window_bits={window}"
