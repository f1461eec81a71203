"""The transport `/socket`: one plain WebSocket, one message a text frame.

Out of order nothing is sent: messages stand in a line that a task of its own
writes. While the line is longer than HIGH_WATER the connection counts as
congested and, if nobody else needs them, events are left with the worker. A
reader whose line is longer than MAX_UNSENT is cut off, and so is one that
answers no ping; the client connects anew and asks for what it missed.

The same socket also speaks SockJS's framing (`sockjs.py`), for clients that
know only that.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable

from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from sagews.backend.connection import Connection
from sagews.protocol import MAX_BODY, MAX_CONNECTION_MESSAGE

HIGH_WATER = 1 << 20
"""Characters in line at which a connection is congested."""
MAX_UNSENT = 2 * MAX_BODY + 3 * HIGH_WATER
"""Characters in line at which a connection is cut off; room for one largest event above the high water.

Each byte of a body becomes two characters at most (`text_of` in
`sagews/protocol/json_events.py`).
"""
PING_EVERY = 20.0
"""Seconds between pings; a peer that does not answer within half of it is gone."""

CLOSING = 1.0
"""Seconds that a peer has to answer the closing of a socket."""

Unwrap = Callable[[str], Iterable[str]]


class Socket:
    """One WebSocket: the connection's outlet, and the loop that reads."""

    def __init__(self, *, compress: bool, opening: str = "", wrap: Callable[[str], str] = str) -> None:
        self._response = web.WebSocketResponse(
            # A message a little over the limit is answered with a Failure; one far over ends the socket.
            max_msg_size=2 * MAX_CONNECTION_MESSAGE,
            heartbeat=PING_EVERY,
            compress=compress,
        )
        self._opening = opening
        self._wrap = wrap
        self._line: deque[str] = deque()
        self._unsent = 0
        self._filled = asyncio.Event()
        self._connection: Connection | None = None
        self._transport: asyncio.Transport | None = None
        self._cutting: asyncio.Task[None] | None = None
        """The end of a socket whose reader is too far behind, once that is so."""
        self._end: tuple[int, str] | None = None
        """Code and reason with which it is closed when the line is empty."""

    @property
    def congested(self) -> bool:
        """Whether the line is long."""
        return self._unsent > HIGH_WATER

    is_bound = True

    def close(self, code: int, reason: str) -> None:
        """Close the socket when the line is empty."""
        self._end = code, reason
        self._filled.set()

    def send(self, text: str) -> None:
        """Put a message in line; whoever is too far behind gets no more, and is cut off."""
        if self._cutting is not None:
            return
        self._line.append(text)
        self._unsent += len(text)
        if self._unsent > MAX_UNSENT:
            # The writer may stand still for as long as the reader does: it cannot do this.
            self._line.clear()
            why = "you read too slowly: connect again for the rest"
            self._cutting = asyncio.get_running_loop().create_task(self._close(WSCloseCode.TRY_AGAIN_LATER, why))
        self._filled.set()

    async def serve(
        self, request: web.Request, connect: Callable[["Socket"], Connection], unwrap: Unwrap
    ) -> web.WebSocketResponse:
        """Carry messages until one end closes."""
        await self._response.prepare(request)
        self._transport = request.transport
        if self._opening:
            await self._response.send_str(self._opening)
        self._connection = connect(self)
        writer = asyncio.create_task(self._write())
        try:
            await self._read(self._connection, unwrap)
        finally:
            self._connection.close()
            writer.cancel()
            await asyncio.gather(writer, *([self._cutting] if self._cutting else []), return_exceptions=True)
        return self._response

    async def end(self, why: str) -> None:
        """Close the socket because the service ends, telling the client why."""
        await self._close(WSCloseCode.GOING_AWAY, why)

    async def _close(self, code: int, why: str) -> None:
        """Close the socket; a peer that does not take part in it is dropped."""
        try:
            async with asyncio.timeout(CLOSING):
                await self._response.close(code=code, message=why.encode())
        except TimeoutError:
            if self._transport is not None:
                self._transport.abort()

    async def _read(self, connection: Connection, unwrap: Unwrap) -> None:
        async for message in self._response:
            if message.type is WSMsgType.TEXT:
                try:
                    texts = unwrap(message.data)
                except ValueError:
                    await self._close(WSCloseCode.UNSUPPORTED_DATA, "this is not SockJS's framing")
                    return
                for text in texts:
                    await connection.receive(text)
            elif message.type is WSMsgType.BINARY:
                connection.refuse_binary()

    async def _write(self) -> None:
        """Send what stands in line."""
        assert self._connection is not None
        while True:
            while self._line:
                text = self._line.popleft()
                try:
                    await self._response.send_str(self._wrap(text))
                except ClientConnectionResetError:
                    return
                was_congested = self.congested
                self._unsent -= len(text)
                if was_congested and not self.congested:
                    self._connection.drained()
            if self._end is not None:
                await self._close(*self._end)
                return
            self._filled.clear()
            await self._filled.wait()


def one(text: str) -> list[str]:
    """Return the message of a plain text frame."""
    return [text]


def sockjs_messages(text: str) -> list[str]:
    """Return the messages of a frame in SockJS's framing: a JSON list of strings, or one string.

    Raises ValueError for anything else.
    """
    if not text:
        return []
    try:
        messages = json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    if isinstance(messages, str):
        messages = [messages]
    if not isinstance(messages, list) or not all(isinstance(message, str) for message in messages):
        raise ValueError("is not a list of texts")
    return messages


def sockjs_frame(text: str) -> str:
    """Return a message in SockJS's framing."""
    return "a" + json.dumps([text])
