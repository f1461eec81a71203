"""The rehearsals of a backend: so many at once, and none waits for those of one account alone."""

import asyncio
from collections.abc import Sequence

from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.refusal import Refusal
from sagews.backend.worksheets.rehearsal import rehearse
from sagews.errors import ServiceError

AT_ONCE = 2
"""Rehearsals at once, of which one account has one."""
DEADLINE = 30.0
"""Seconds that one may take, with the beginning of its process and its wait for a place."""


class Rehearsals:
    """The places in which updates are rehearsed."""

    def __init__(self) -> None:
        self._places = Turnstile(AT_ONCE, each=1, patience=DEADLINE)

    async def check(self, worksheet: Sequence[bytes], update: bytes, whose: str) -> None:
        """Raise WorksheetError if an update would take too long, after what a worksheet has; ServiceError if
        nobody has time for that now.

        `whose` it is: an account that has many waits for itself.
        """
        try:
            async with asyncio.timeout(DEADLINE), self._places.one(whose):
                await rehearse(worksheet, update)
        except (TimeoutError, Refusal) as error:
            raise ServiceError("takes too long to be looked at now", "update", "send it again") from error
