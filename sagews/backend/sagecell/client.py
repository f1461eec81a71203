"""A client of SageMathCell: one page over SockJS, or one program over a WebSocket of its own.

A page has one connection for all its sessions: each message has the id of
its session before it, as `ID/channels,JSON`, both ways; `complete,JSON` is a
question that belongs to no session. A program has a WebSocket for each
session, and its messages are JSON alone. What is none of this is passed over.
"""

import asyncio
from collections.abc import Callable

from sagews.backend.allowance import Allowance
from sagews.backend.metrics import Metrics
from sagews.backend.outlet import Outlet
from sagews.backend.reader import Reader
from sagews.backend.sagecell.channels import Channels
from sagews.backend.sagecell.completer import Completer
from sagews.backend.sagecell.ids import Id
from sagews.backend.sagecell.message import LARGE, MAX_MESSAGE, Message, decode

MAX_CHANNELS = 64
"""Sessions of one page."""
MAX_PREFIX = 300
"""Characters before the comma."""
COMPLETE = "complete"
ENDS = 1001, "the service ends: connect again"
SIGNED_OUT = 1008, "signed out"
"""Codes of RFC 6455 with which a connection is ended, and why."""

Begin = Callable[[Id, Outlet, Reader, Callable[[str], None], bool], Channels]
"""Gives the channels of a session, whose messages go to the fourth of these; the last: it may show widgets."""


class Client:
    """One connection."""

    def __init__(
        self, outlet: Outlet, reader: Reader, begin: Begin, completer: Completer, metrics: Metrics, alone: Id | None
    ) -> None:
        """`alone`: the one session that it is about; None: it is a page's."""
        self.who = reader
        self._outlet = outlet
        self._begin = begin
        self._completer = completer
        self._metrics = metrics
        self._alone = alone
        self._channels: dict[Id, Channels] = {}
        self._loop = asyncio.get_running_loop()
        self._allowance = Allowance(self._loop.time())
        self._closed = False
        self.on_closed: Callable[[Client], None] = lambda client: None
        """Is told that the client is gone."""
        metrics.connections.inc()
        if alone is not None:
            self._channels[alone] = begin(alone, outlet, reader, self._send, True)

    # ------------------------------------------------------------- inward

    async def receive(self, text: str) -> None:
        """Act on one message; see `inlet.Inlet`."""
        self._metrics.received(text)
        size = len(text)
        if size <= MAX_MESSAGE + MAX_PREFIX:
            await self._take(text)
        if pause := self._allowance.spend(size, self._loop.time()):
            await asyncio.sleep(pause)

    async def receive_binary(self, data: bytes) -> None:
        """Pass over a message that is not text."""

    async def _take(self, text: str) -> None:
        if self._alone is not None:
            if (message := await decoded(text)) is not None:
                await self._channels[self._alone].receive(message)
            return
        prefix, comma, _ = text[:MAX_PREFIX].partition(",")
        if not comma or (message := await decoded(text[len(prefix) + 1 :])) is None or self._closed:
            return
        identity, _, channels = prefix.partition("/")
        if identity == COMPLETE:
            self._completer.take(message, lambda reply: self._send(f"{COMPLETE},{reply}"))
        elif channels == "channels" and (found := self._found(Id.read(identity))) is not None:
            await found.receive(message)

    def _found(self, identity: Id | None) -> Channels | None:
        """Return the channels of a session, begun anew if they were lost; None: there is no such session."""
        if identity is None:
            return None
        found = self._channels.get(identity)
        if found is None or (found.closed and not found.gone):
            if len(self._channels) >= MAX_CHANNELS:
                self._channels = {each: channels for each, channels in self._channels.items() if not channels.closed}
            if len(self._channels) >= MAX_CHANNELS:
                return None
            prefix = f"{identity}/channels,"
            # SageMathCell's library knows no widget, and would close it.
            found = self._begin(identity, self._outlet, self.who, lambda text: self._send(prefix + text), False)
            self._channels[identity] = found
        return None if found.gone else found

    # ------------------------------------------------------------ outward

    def _send(self, text: str) -> None:
        if not self._closed:
            self._metrics.sent(text)
            self._outlet.send(text)

    def drained(self) -> None:
        """Know that the transport is behind no longer; see `inlet.Inlet`."""
        for channels in self._channels.values():
            channels.drained()

    # ------------------------------------------------------------ the end

    def move(self, within_seconds: float) -> None:
        """Have the client connect anew, because this backend is being emptied; see `drain.Movable`."""
        self._outlet.close(*ENDS)

    def sign_out(self) -> None:
        """End it, because the login has ended by which it has its rights."""
        self._outlet.close(*SIGNED_OUT)

    def close(self) -> None:
        """Let go of everything: the client is gone. Its sessions live on for their grace period."""
        if self._closed:
            return
        self._closed = True
        self._metrics.connections.dec()
        for channels in self._channels.values():
            channels.close()
        self._completer.close()
        self.on_closed(self)


async def decoded(text: str) -> Message | None:
    """Return the message that a text holds, read beside the loop if it is large; None if that is none."""
    return decode(text) if len(text) < LARGE else await asyncio.to_thread(decode, text)
