"""Who may do what with the worksheets of a workspace, as the database has it now, or had it a moment ago."""

import asyncio
from dataclasses import dataclass

from sagews.database.members import Entry, Members

FRESH = 2.0
"""Seconds for which an answer of the database holds."""
MOST = 10_000
"""Answers that are remembered."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who comes to a workspace: by their account, by a link, or both."""

    workspace: str
    account: str
    """Empty: by none."""
    link: str
    """Token of a link; empty: by none."""


class Admissions:
    """Asks the database, and remembers for FRESH seconds what it said."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._known: dict[Visitor, tuple[float, Entry | None]] = {}

    async def entry(self, visitor: Visitor) -> Entry | None:
        """Return as what somebody may be there; None: not at all. Raises ServiceError while the database is away."""
        now = asyncio.get_running_loop().time()
        asked, entry = self._known.get(visitor, (-FRESH, None))
        if now - asked < FRESH:
            return entry
        return await self.asked(visitor)

    async def asked(self, visitor: Visitor) -> Entry | None:
        """Ask anew."""
        # What is said holds from the moment in which it was asked for.
        now = asyncio.get_running_loop().time()
        entry = None
        if visitor.account or visitor.link:
            entry = await self._members.enter(visitor.workspace, visitor.account, visitor.link)
        self._known.pop(visitor, None)
        self._known[visitor] = now, entry
        while len(self._known) > MOST or now - next(iter(self._known.values()))[0] > FRESH:
            del self._known[next(iter(self._known))]
        return entry
