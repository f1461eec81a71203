"""The backend's end of a link to a worker: at most one session.

Counterpart: `sagews/worker/link.py`. The first request is Hello. After
Welcome a link is idle, until `ask` sends the Open or Attach that binds it to
a session; from the answer on, every event goes to whoever listens. Events
that come before somebody does are kept in order.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import structlog
from google.protobuf.message import DecodeError

from sagews.errors import ProtocolError, ServiceError
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import FrameReader, frame
from sagews.service.dialer import Dialer

HELLO_DEADLINE = 5.0
"""Seconds for the Welcome."""
ANSWER_DEADLINE = 30.0
"""Seconds for the answer to Open or Attach; an environment that is cold may take several."""
MAX_UNSENT = 40 << 20
"""Bytes that may wait for a worker that does not read."""

log = structlog.get_logger()


class LinkLostError(ServiceError):
    """The link ended before the answer came: on another one, the same request may be answered."""


class Link(asyncio.Protocol):
    """One link, from Hello to its end."""

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[pb.Event] | None = None
        self._kept: list[pb.Event] = []
        self._on_event: Callable[[pb.Event], None] | None = None
        self._on_lost: Callable[[], None] | None = None
        self.worker = ""
        """The worker's name, of its Welcome."""
        self.isolation = ""
        """What the worker says of its isolation in its Welcome; see `protocol/isolation.py`."""
        self.lost = False
        """Whether the link has ended, from either side."""

    @classmethod
    async def connect(cls, dialer: Dialer, backend: str, role: pb.LinkRole = pb.LINK_ROLE_SESSION) -> "Link":
        """Return a link that has its Welcome. Raises ServiceError if no worker can be reached there."""
        link = await dialer.connect(cls)
        try:
            async with asyncio.timeout(HELLO_DEADLINE):
                await link._greet(dialer, backend, role)
        except TimeoutError as error:
            link.close()
            raise ServiceError("does not answer", str(dialer), "see the worker's log") from error
        except BaseException:
            link.close()
            raise
        return link

    async def _greet(self, dialer: Dialer, backend: str, role: pb.LinkRole) -> None:
        hello = pb.Request(id=1)
        hello.hello.version = VERSION
        hello.hello.token = dialer.token()
        hello.hello.role = role
        hello.hello.backend = backend
        event = await self.ask(hello)
        match event.WhichOneof("kind"):
            case "welcome" if event.welcome.version == VERSION:
                self.worker = event.welcome.worker
                self.isolation = event.welcome.isolation
                return
            case "welcome":
                what = f"speaks version {event.welcome.version} of the protocol, this backend {VERSION}"
            case "failure":
                what = f"refuses the link: {event.failure.what}"
            case kind:
                what = f"answers Hello by {kind!r}"
        raise ServiceError(what, str(dialer), "run worker and backend of one version")

    async def ask(self, request: pb.Request) -> pb.Event:
        """Send a request and return the next event, while nobody listens.

        Raises LinkLostError if the link ends, ServiceError if the answer does not come in time.
        """
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self.send(request)
            async with asyncio.timeout(ANSWER_DEADLINE):
                return await self._answer
        except TimeoutError as error:
            self.close()
            raise ServiceError(f"did not answer within {ANSWER_DEADLINE:.0f} s", "worker", "see its log") from error
        finally:
            self._answer = None

    def unread(self, event: pb.Event) -> None:
        """Put the answer of `ask` back before what came after it, for whoever listens next."""
        self._kept.insert(0, event)

    def listen(self, on_event: Callable[[pb.Event], None], on_lost: Callable[[], None]) -> None:
        """Give every event to `on_event`, those first that came meanwhile, and tell of the link's end once."""
        self._on_event, self._on_lost = on_event, on_lost
        kept, self._kept = self._kept, []
        for event in kept:
            on_event(event)
        if self.lost:
            on_lost()

    def send(self, request: pb.Request) -> None:
        """Send a request. Raises ServiceError if the link has ended or the worker does not read."""
        if self.lost:
            raise LinkLostError("has ended", "link", "try again in a moment")
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            raise ServiceError("does not read its requests", "worker", "try again in a moment")
        self._transport.write(frame(request.SerializeToString()))

    def pause(self) -> None:
        """Read no more for now: the worker keeps what comes."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """End the link after what was sent; nobody is told of it."""
        self._on_event = self._on_lost = None
        if not self.lost:
            self.lost = True
            self._transport.close()

    def abandon(self) -> None:
        """End the link with whatever was sent and has not gone yet; nobody is told of it."""
        self._on_event = self._on_lost = None
        self.lost = True
        self._transport.abort()

    # ------------------------------------------------- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the worker."""
        try:
            for payload in self._frames.feed(data):
                self._take(pb.Event.FromString(payload))
        except (ProtocolError, DecodeError) as error:
            log.error("worker broke the protocol of the link", error=str(error))
            self._transport.abort()

    def _take(self, event: pb.Event) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(event)
        elif self._on_event is not None:
            self._on_event(event)
        elif not self.lost:
            self._kept.append(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits or listens."""
        self.lost = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LinkLostError("ended the link", "worker", "its log may say why"))
        on_lost, self._on_event, self._on_lost = self._on_lost, None, None
        if on_lost is not None:
            on_lost()
