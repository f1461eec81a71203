"""A session that was asked for and is not there yet."""

import asyncio
from typing import Any

from sagews.client.session import Session
from sagews.errors import SagewsError

Json = dict[str, Any]


class Opening:
    """The request, and whoever waits for the session."""

    def __init__(self, message: Json) -> None:
        self.message = message
        """What is sent, and sent again on each new connection."""
        self.answer: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._deadline: asyncio.Timeout | None = None

    @property
    def answered(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.answer.done()

    async def within(self, seconds: float) -> Session:
        """Return the session. Raises TimeoutError, unless it stands in line: how long it may, the site decides."""
        async with asyncio.timeout(seconds) as self._deadline:
            return await self.answer

    def stands_in_line(self) -> None:
        """Know that there is no place for it yet."""
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(None)

    def fail(self, error: SagewsError) -> None:
        """Give an error to whoever waits."""
        if not self.answer.done():
            self.answer.set_exception(error)
