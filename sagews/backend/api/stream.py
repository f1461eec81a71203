"""Events that go to a caller as they come, for as long as the connection holds."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from aiohttp import web

from sagews.backend.api.form import Form
from sagews.backend.hold import Told
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

BEAT = 15.0
"""Seconds without an event after which something is sent all the same, so that nobody on the way ends the silence."""
WRITE_DEADLINE = 60.0
"""Seconds in which a caller must take what is sent."""
UNBUFFERED: Mapping[str, str] = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second one is nginx's: it would otherwise gather events before it hands them on."""


class Source(Protocol):
    """Where events come from."""

    @property
    def over(self) -> bool:
        """Whether there are no more, and will be none."""

    async def next(self) -> list[Told]:
        """Return the next events, as soon as there is one; it may return none."""


async def stream(
    request: web.Request,
    form: Form,
    source: Source,
    *,
    first: Iterable[Told] = (),
    last: Callable[[pb.Event], bool],
    headers: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Send events up to the last one, or until there are no more; those first that were taken from the source already.

    A caller that does not take them loses the connection, and can ask for the
    rest by the number of the last one received.
    """
    response = web.StreamResponse(headers={**UNBUFFERED, **(headers or {}), "Content-Type": form.value})
    await response.prepare(request)
    heard: list[Told] | None = list(first)
    try:
        while True:
            told, is_last = _up_to(last, heard or ())
            if data := form.beat if heard is None else form.encoded(told):
                async with asyncio.timeout(WRITE_DEADLINE):
                    await response.write(data)
            if is_last or source.over:
                break
            heard = await _heard(source)
        await response.write_eof()
    except (TimeoutError, RefusedRequest):
        # The end of the stream was not reached: whoever reads must see that.
        if request.transport is not None:
            request.transport.abort()
    return response


def _up_to(last: Callable[[pb.Event], bool], heard: Iterable[Told]) -> tuple[list[Told], bool]:
    """Return events up to the last one, and whether that is among them."""
    told: list[Told] = []
    for one in heard:
        told.append(one)
        if last(one.event):
            return told, True
    return told, False


async def _heard(source: Source) -> list[Told] | None:
    """Return the next events, or None when it is time for a beat."""
    try:
        async with asyncio.timeout(BEAT):
            return await source.next()
    except TimeoutError:
        return None
