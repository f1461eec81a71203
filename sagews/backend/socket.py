"""The transport `/socket`: one plain WebSocket, one message a text frame.

Out of order nothing is sent: messages stand in a line that a task of its own
writes. While the line is longer than HIGH_WATER the connection counts as
congested and, if nobody else needs them, events are left with the worker. A
reader whose line is longer than MAX_UNSENT is cut off, and so is one that
answers no ping (`pulse.py`); the client connects anew and asks for what it
missed.

The same socket also speaks SockJS's framing (`framing.py`), for clients that
know only that.
"""

import asyncio
from collections import deque

from aiohttp import ClientConnectionResetError, WSCloseCode, WSMsgType, web

from sagews.backend.framing import PLAIN, Framing
from sagews.backend.inlet import Connect, Inlet
from sagews.backend.pulse import UNTAKEN, Pace, Pulse
from sagews.backend.websocket import WebSocket
from sagews.backend.wire import Wire
from sagews.protocol import MAX_BODY, MAX_CONNECTION_MESSAGE

HIGH_WATER = 1 << 20
"""Characters in line at which a connection is congested."""
MAX_UNSENT = 2 * MAX_BODY + 3 * HIGH_WATER
"""Characters in line at which a connection is cut off; room for one largest event above the high water.

Each byte of a body becomes two characters at most (`text_of` in
`sagews/protocol/json_events.py`).
"""
MAX_RECEIVED = 2 * MAX_CONNECTION_MESSAGE
"""Bytes of a message that is read at all: one a little over the limit is answered with a Failure."""

CLOSING = 1.0
"""Seconds that a peer has to answer the closing of a socket."""


class Socket:
    """One WebSocket: the connection's outlet, and the loop that reads."""

    def __init__(
        self,
        framing: Framing = PLAIN,
        *,
        compress: bool,
        max_received: int = MAX_RECEIVED,
        pace: Pace = Pace(),  # noqa: B008  # frozen
    ) -> None:
        self._framing = framing
        self._response = WebSocket(compress=compress, max_message=max_received)
        self._pace = pace
        self._line: deque[str | bytes] = deque()
        self._unsent = 0
        self._filled = asyncio.Event()
        self._inlet: Inlet | None = None
        self._pulse: Pulse | None = None
        self._transport: asyncio.Transport | None = None
        self._is_behind = False
        """Whether what came is not read, for the inlet takes its time."""
        self.sender: str | None = None
        """Origin of the page at the other end; see `outlet.Outlet`."""
        self._cutting: asyncio.Task[None] | None = None
        """The end of a socket whose reader is too far behind, once that is so."""
        self._end: tuple[int, str] | None = None
        """Code and reason with which the socket is closed when the line is empty."""

    @property
    def congested(self) -> bool:
        """Whether the line is long."""
        return self._unsent > HIGH_WATER

    def send(self, message: str | bytes) -> None:
        """Put a message in line; whoever is too far behind gets no more, and is cut off."""
        if self._end is not None or self._cutting is not None:
            return
        self._line.append(message)
        self._unsent += len(message)
        if self._unsent > MAX_UNSENT:
            # The writer may stand still for as long as the reader does: it cannot do this.
            self._line.clear()
            why = "you read too slowly: connect again for the rest"
            self._cutting = asyncio.get_running_loop().create_task(self._close(WSCloseCode.TRY_AGAIN_LATER, why))
        self._filled.set()

    def close(self, code: int, reason: str) -> None:
        """Close the socket when the line is empty; nothing more is put in it."""
        if self._end is None:
            self._end = code, reason
            self._filled.set()

    async def serve(self, request: web.Request, connect: Connect) -> web.WebSocketResponse:
        """Carry messages until one end closes."""
        await self._response.prepare(request)
        if (transport := request.transport) is None or transport.is_closing():
            return self._response
        self._transport = transport
        self.sender = request.headers.get("Origin", "")
        wire = Wire(transport)
        wire.give_up_after(UNTAKEN)
        self._pulse = Pulse(self._response.ping, wire, lambda: self._is_behind, self._pace)
        if self._framing.opening:
            await self._response.put(self._framing.opening)
        self._inlet = connect(self, request)
        tasks = [asyncio.create_task(self._write(self._inlet)), asyncio.create_task(self._watch(self._pulse))]
        try:
            await self._read(self._inlet, self._pulse)
        finally:
            self._inlet.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *([self._cutting] if self._cutting else []), return_exceptions=True)
        return self._response

    async def end(self, why: str) -> None:
        """Close the socket because the service ends, telling the client why."""
        await self._close(WSCloseCode.GOING_AWAY, why)

    async def _close(self, code: int, why: str) -> None:
        """Say why, and close the socket."""
        await self._shut(code, why, self._framing.closing(code, why))

    async def _shut(self, code: int, why: str, last: str = "") -> None:
        """Close the socket after a last frame; a peer that does not take part in it is dropped."""
        try:
            async with asyncio.timeout(CLOSING):
                if last:
                    await self._response.put(last)
                await self._response.close(code=code, message=why.encode())
        except (TimeoutError, ClientConnectionResetError):
            self._drop()

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _watch(self, pulse: Pulse) -> None:
        """Drop the peer when it is gone."""
        try:
            await pulse.run()
        except OSError:
            return  # lost already
        self._drop()

    async def _read(self, inlet: Inlet, pulse: Pulse) -> None:
        while True:
            message = await self._response.receive()
            match message.type:
                case WSMsgType.TEXT:
                    try:
                        texts = self._framing.unwrap(message.data)
                    except ValueError:
                        # Without a last frame, as the SockJS protocol has it.
                        await self._shut(WSCloseCode.UNSUPPORTED_DATA, "this is not SockJS's framing")
                        return
                    self._is_behind = True
                    for text in texts:
                        await inlet.receive(text)
                    self._is_behind = False
                case WSMsgType.BINARY:
                    self._is_behind = True
                    await inlet.receive_binary(message.data)
                    self._is_behind = False
                case WSMsgType.PING:
                    await self._response.pong(message.data)
                case WSMsgType.PONG:
                    pulse.answer(bytes(message.data))
                case WSMsgType.CLOSE:
                    await self._response.answer_close(message)
                    return
                case _:
                    return

    async def _write(self, inlet: Inlet) -> None:
        """Send what stands in line; close the socket on a reader that does not take it."""
        while True:
            while self._line:
                message = self._line.popleft()
                try:
                    await self._response.put(self._framing.wrap(message) if isinstance(message, str) else message)
                except ClientConnectionResetError:
                    return
                was_congested = self.congested
                self._unsent -= len(message)
                if was_congested and not self.congested:
                    inlet.drained()
            if self._end is not None:
                await self._close(*self._end)
                return
            self._filled.clear()
            await self._filled.wait()
