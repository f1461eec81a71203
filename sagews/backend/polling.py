"""A client of SockJS that takes its messages by HTTP requests: the library's session as the outlet of a connection.

Each request that receives takes what is in the queue, and ends: after one
frame (`xhr`, `jsonp`), or (`xhr_streaming`, `eventsource`, `htmlfile`) after
so many bytes, which the browser keeps until then, and after STREAM_SECONDS,
since only a client that asks again is there for certain: SockJS has no answer
to a heartbeat, and a network or proxy may take what is sent to nobody. Who
has not asked again DISCONNECT_DELAY seconds after the end of a request is
gone; the library looks every 5 s. So a client that is gone is noticed within
STREAM_SECONDS + 10 s.
"""

import asyncio
from typing import Any

import sockjs
from aiohttp import web
from sockjs.exceptions import SessionIsClosed
from sockjs.protocol import Frame
from sockjs.session import SessionState

from sagews.backend.framing import sockjs_closing, sockjs_frame
from sagews.backend.inlet import Inlet
from sagews.backend.pulse import UNTAKEN
from sagews.backend.socket import HIGH_WATER, MAX_UNSENT
from sagews.backend.wire import Wire

STREAM_SECONDS = 30.0
"""Seconds after which a response that streams ends, and the client asks again."""
DISCONNECT_DELAY = 5
"""Seconds without a request after which the client counts as gone (SockJS protocol: 5)."""
HEARTBEAT_DELAY = 25
"""Seconds of silence after which SockJS sends its own heartbeat."""


class Polling(sockjs.Session):  # type: ignore[misc]  # the library has no types
    """One such client, with a bounded queue."""

    def __init__(self, stream_limit: int, *arguments: Any, **options: Any) -> None:
        """Take the bytes after which a response that streams ends, and the library's own arguments."""
        super().__init__(*arguments, **options)
        self.stream_limit = stream_limit
        self.inlet: Inlet | None = None
        self._offered = ""
        """The cookie that the answer to its first request set, if that brought none."""
        self._owner: str | None = None
        self._origin: str | None = None
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        self._unsent = 0
        self._ends = False

    # ------------------------------------------------------------- whose

    def begin(self, cookie: str, origin: str | None, *, offered: str) -> None:
        """Know the first request: its cookie, or else the one that its answer sets; and its origin, None if unknown."""
        self._owner = cookie or None
        self._offered = offered
        self._origin = origin

    def belongs_to(self, cookie: str, origin: str | None) -> bool:
        """Whether a request may have it, by its cookie (empty: none) and the origin of its page.

        The second request settles the cookie, if the first had none: it has
        the one that was offered, or its client keeps none. The first that
        tells an origin settles that; later ones need not tell it.
        """
        if self._owner is None:
            if cookie not in {"", self._offered}:
                return False
            self._owner = cookie
        if self._origin is None:
            self._origin = origin
        return cookie == self._owner and (not origin or origin == self._origin)

    @property
    def sender(self) -> str | None:
        """The origin of its page, if a cookie tells its client from others; see `outlet.Outlet`."""
        return (self._origin or "") if self._owner else None

    # ------------------------------------------------------------- outlet

    @property
    def congested(self) -> bool:
        """Whether much waits for the next request; see `outlet.Outlet`."""
        return self._unsent > HIGH_WATER

    def send(self, msg: str) -> bool:
        """Put a message in line."""
        return not self._ends and bool(super().send(msg))

    def close(self, code: int = 3000, reason: str = "Go away!") -> None:
        """Tell the client, after what stands in line, that nothing more comes."""
        if self._ends or self.state in {SessionState.CLOSING, SessionState.CLOSED}:
            return
        self._ends = True
        self.feed(Frame.CLOSE, (code, reason))
        # Later, since it may be the inlet that calls.
        self._loop.call_soon(self.let_go)

    def let_go(self) -> None:
        """Close what stands behind it."""
        if self.inlet is not None:
            self.inlet.close()
            self.inlet = None

    # ------------------------------------------------------ for the library

    def acquire(self, request: web.Request) -> bool:
        """Begin to serve a request; see the library."""
        self._until = self._loop.time() + STREAM_SECONDS
        if (transport := request.transport) is not None and not transport.is_closing():
            Wire(transport).give_up_after(UNTAKEN)
        return bool(super().acquire(request))

    def release(self) -> None:
        """Begin to count, after a request has ended, the seconds until the client is taken for gone."""
        super().release()
        self.expire()

    def feed(self, frame: Any, data: Any) -> None:
        """Put a frame in line; a client too far behind is told to come back."""
        if frame is Frame.MESSAGE:
            self._unsent += len(data)
            if self._unsent > MAX_UNSENT:
                self._queue.clear()
                self._unsent = 0
                self.close(3000, "You read too slowly: connect again for the rest.")
                return
        super().feed(frame, data)

    async def get_frame(self, pack: bool = True) -> tuple[Any, str]:
        """Wait for the next frame and take it, ready to be sent. Raises SessionIsClosed if the request is to end."""
        try:
            async with asyncio.timeout_at(self._until):
                frame, payload = await super().get_frame(pack=False)
        except TimeoutError:
            raise SessionIsClosed from None
        finally:
            self._waiter = None  # the library leaves it there when the request is given up
        match frame:
            case Frame.MESSAGE:
                return frame, self._take(payload)
            case Frame.CLOSE:
                self.state = SessionState.CLOSING
                return frame, sockjs_closing(*payload)
        return frame, payload

    def _take(self, texts: list[str]) -> str:
        """Return a frame of the first of these messages; what is too much for one goes back to the head of the line."""
        was_congested = self.congested
        size = count = 0
        while count < len(texts) and size < self.stream_limit:
            size += len(texts[count])
            count += 1
        if rest := texts[count:]:
            self._queue.appendleft((Frame.MESSAGE, rest))
        self._unsent -= size
        if was_congested and not self.congested and self.inlet is not None:
            self.inlet.drained()
        return sockjs_frame(texts[:count])
