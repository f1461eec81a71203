"""Events that go to a caller as they come, for as long as the connection holds."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from aiohttp import web

from sagews.backend.api.form import Form
from sagews.backend.hold import Told
from sagews.protocol import sagews_pb2 as pb

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
    last: Callable[[pb.Event], bool],
    headers: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Send events up to the last one, or until there are no more.

    A caller that does not take them loses the connection, and can ask for the
    rest by the number of the last one that it has.
    """
    response = web.StreamResponse(headers={**UNBUFFERED, **(headers or {}), "Content-Type": form.value})
    await response.prepare(request)
    try:
        while not source.over:
            heard, is_last = await _heard(source), False
            if heard is not None:
                for place, told in enumerate(heard, 1):
                    if last(told.event):
                        heard, is_last = heard[:place], True
                        break
            async with asyncio.timeout(WRITE_DEADLINE):
                await response.write(form.beat if heard is None else form.encoded(heard))
            if is_last:
                break
        await response.write_eof()
    except TimeoutError:
        # The end of the stream was not reached: whoever reads must see that.
        if request.transport is not None:
            request.transport.abort()
    return response


async def _heard(source: Source) -> list[Told] | None:
    """Return the next events, or None when it is time for a beat."""
    try:
        async with asyncio.timeout(BEAT):
            return await source.next()
    except TimeoutError:
        return None
