"""What a room knows of its worksheet, thinking only: as it is stored, and a trial that is ahead of it."""

import asyncio
from collections.abc import Sequence

from sagews.backend.worksheets.contents import Contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.trial import Trial
from sagews.backend.worksheets.whole import Kept, Whole
from sagews.database.updates import NOTHING_READ
from sagews.errors import WorksheetError

Read = tuple[bytes, Contents]
"""An update, and what it has."""


class Replica:
    """A worksheet twice: what is stored, which others get to see; and that with what is on its way there."""

    def __init__(self) -> None:
        self.stored = Document()
        self.seq = NOTHING_READ
        """Of the newest update that is stored."""
        self.bytes = 0
        """Of the base and the updates, as far as they came by here."""
        self.is_stale = False
        """Whether the trial is of no use before it is renewed."""
        self._trial = Trial()
        self._kept = Kept()
        self._ahead: set[int] = set()
        """Clients of whom the trial has something, or had, that is not stored."""
        self._looks = False
        """Whether what an update changed in the trial is being looked at, piece by piece."""

    @property
    def parts(self) -> int:
        """Of how many the worksheet is, about, with what is on its way."""
        return self._trial.document.parts

    def based(self, payload: bytes) -> None:
        """Know that what is stored is this base."""
        self._kept.base(payload, self.stored, self.seq, self.bytes)

    def ready(self) -> Whole:
        """Return what is stored, or was not long ago."""
        return self._kept.get(self.stored, self.seq, self.bytes)

    def whole(self) -> list[bytes]:
        """Return what is stored, as updates."""
        ready = self.ready()
        return [ready.payload, self.stored.since(ready.state)]

    def ahead(self) -> list[bytes]:
        """Return the worksheet with what is on its way, as updates."""
        ready = self.ready()
        return [ready.payload, self._trial.document.since(ready.state)]

    def missing(self, read: Contents) -> bool:
        """Whether something is missing before an update."""
        return read.missing(self._trial.document.known)

    def attempt(self, update: Read) -> bool:
        """Try an update after those that are on their way; return whether it changes anything.

        Raises WorksheetError if it must not be stored. The trial is to be renewed then.
        """
        try:
            changes = self._trial.attempt(*update)
        except WorksheetError:
            self.is_stale = True
            raise
        self._ahead.update(client for client, _, _ in update[1].spans)
        return changes

    async def attempt_in_pieces(self, update: Read) -> bool | None:
        """Do the same, and let others go on meanwhile; None: they have changed the trial, and it is to be tried again.

        One at a time.
        """
        trial, changes, done = self._trial, False, False
        self._looks = True
        try:
            changes = trial.begin(*update)
            self._ahead.update(client for client, _, _ in update[1].spans)
            for _ in trial.checks():
                await asyncio.sleep(0)
                if self.is_stale or self._trial is not trial:
                    return None
            done = True
        finally:
            self._looks = False
            if not done and self._trial is trial:
                self.is_stale = True
        return changes

    def is_crowded(self, read: Contents) -> bool:
        """Whether there is no room for the maps and texts that an update makes, unless some were deleted."""
        return self._trial.is_crowded(read)

    def recounted(self, types: int, on_their_way: int) -> None:
        """Hear how many maps and texts there are in what is stored, and how many are on their way."""
        self.stored.types = types
        self._trial.document.types = types + on_their_way

    def check_room(self, read: Contents) -> None:
        """Raise WorksheetError if there is no room for the maps and texts that an update makes."""
        self._trial.check_room(read)

    def renew(self, on_its_way: Sequence[Read]) -> tuple[list[bool], WorksheetError | None]:
        """Have a trial of what is stored and of this, up to the first that must not be stored after it.

        Return of each before that one whether it changes anything, and why that one must not be stored.
        """
        self._begin()
        changes: list[bool] = []
        for update in on_its_way:
            try:
                changes.append(self.attempt(update))
            except WorksheetError as error:
                self._begin()
                for payload, read in on_its_way[: len(changes)]:
                    self._trial.document.take(payload, read)
                    self._ahead.update(client for client, _, _ in read.spans)
                return changes, error
        return changes, None

    def _begin(self) -> None:
        self._trial.close()
        self._trial = Trial(self.stored)
        self._ahead.clear()
        self.is_stale = False

    def take_own(self, seq: int, update: Read) -> None:
        """Have an update in what is stored that was tried before. Raises GarbledError as Document.take."""
        self.stored.take(*update)
        self.seq = seq
        self.bytes += len(update[0])

    def take_news(self, seq: int, update: Read) -> None:
        """Have an update in both that others have stored, or nobody knew to be stored. Raises GarbledError.

        In which order updates come is all the same, but for those of one
        client: two that both begin where it ended are not the same after each
        other. So the trial is stale then; and while it is looked at.
        """
        if self._looks or not self._ahead.isdisjoint(client for client, _, _ in update[1].spans):
            self.is_stale = True
        if not self.is_stale:
            self._trial.document.take(*update)
        self.take_own(seq, update)

    def close(self) -> None:
        """End it."""
        self._trial.close()
