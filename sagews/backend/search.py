"""The search for a session that cannot be reached: its link was lost, or its worker says nothing.

The session may well live: the worker keeps it for its grace period when a
link breaks, and a worker that says nothing may only be cut off. So it is
looked for until that time is over, the worker says that it does not know it,
or the worker is known to have ended.

It always gets a new link: where a machine was cut off, TCP tries the old one
again only after about as long as that lasted.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import structlog

from sagews.backend.worker import Worker
from sagews.errors import ServiceError

PAUSES = (0.0, 0.1, 0.3, 0.6, 1.0)
"""Seconds before each attempt; the last pause is repeated."""
LEAST = 4.0
"""Seconds of any search: a session without any grace has ended, and that is soon known."""

log = structlog.get_logger()


class Search:
    """One search; it ends when the session is reached again or given up."""

    def __init__(
        self,
        session: str,
        worker: Worker,
        grace: float,
        attach: Callable[[], Awaitable[bool]],
    ) -> None:
        """`attach` gives the session a new link.

        It returns whether the worker knows the session, and raises
        ServiceError if that cannot be found out now.
        """
        self.within = max(grace, LEAST)
        """Seconds after which the session is given up."""
        self._session = session
        self._worker = worker
        self._attach = attach

    async def run(self) -> bool:
        """Return whether the session is reached again."""
        try:
            async with asyncio.timeout(self.within):
                return await self._look()
        except TimeoutError:
            return False

    async def _look(self) -> bool:
        for pause in itertools.chain(PAUSES, itertools.repeat(PAUSES[-1])):
            await asyncio.sleep(pause)
            if self._worker.gone:
                return False
            if self._worker.away:
                continue  # the worker is being looked for already
            try:
                return await self._attach()
            except ServiceError as error:
                log.warning("session not found yet", session=self._session, error=str(error))
        raise AssertionError("pauses have no end")
