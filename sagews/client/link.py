"""A client's own end of a link to a worker, for trying a worker by hand.

Counterpart: `sagews/worker/link.py`. What a backend has beside it (idle
links, sessions shared by tabs) nobody needs at a terminal.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError, ServiceError
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame

HELLO_DEADLINE = 5.0
"""Seconds for the Welcome."""


class Link(asyncio.Protocol):
    """One link, which carries one session."""

    def __init__(self, on_event: Callable[["Link", pb.Event], None], on_lost: Callable[["Link"], None]) -> None:
        self._on_event = on_event
        self._on_lost = on_lost
        self._frames = FrameReader()
        self._transport: asyncio.Transport
        self._welcome: asyncio.Future[pb.Event] = asyncio.get_running_loop().create_future()
        self.session = ""
        """The session that it carries, once that is known."""

    async def greet(self, token: bytes, noun: str) -> pb.Welcome:
        """Say Hello and return the worker's answer. Raises ServiceError if it is none that helps."""
        hello = pb.Hello(version=VERSION, role=pb.LINK_ROLE_SESSION, token=token, backend="console")
        self.send(pb.Request(id=1, hello=hello))
        try:
            async with asyncio.timeout(HELLO_DEADLINE):
                event = await self._welcome
        except TimeoutError as error:
            raise ServiceError("does not answer", noun, "see the worker's log") from error
        if event.WhichOneof("kind") == "failure":
            raise ServiceError(f"refuses the link: {event.failure.what}", noun, event.failure.hint)
        if event.WhichOneof("kind") != "welcome" or event.welcome.version != VERSION:
            raise ServiceError("does not speak this version", noun, "run worker and client of one version")
        return event.welcome

    def send(self, request: pb.Request) -> None:
        """Send a request; it is lost if the link is."""
        if not self._transport.is_closing():
            self._transport.write(frame(request.SerializeToString()))

    def read(self, wanted: bool) -> None:
        """Read on, or leave what comes with the worker."""
        if not self._transport.is_closing():
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def close(self) -> None:
        """End the link after what was sent."""
        self._transport.close()

    # ------------------------------------------------- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the worker."""
        try:
            for payload in self._frames.feed(data):
                event = pb.Event.FromString(payload)
                if not self._welcome.done():
                    self._welcome.set_result(event)
                else:
                    self._on_event(self, event)
        except (ProtocolError, DecodeError):
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self._welcome.done():
            error = ServiceError("ended the link", "worker", "its log says why, if it refused it")
            self._welcome.set_exception(error)
            self._welcome.exception()  # somebody may wait no more
        self._on_lost(self)
