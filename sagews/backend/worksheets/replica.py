"""What a room knows of its worksheet, thinking only: as it is stored, and a trial that is ahead of it."""

from collections.abc import Sequence

from sagews.backend.worksheets.contents import Contents
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.trial import Trial
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
        self._ahead: set[int] = set()
        """Clients of whom the trial has something, or had, that is not stored."""

    def missing(self, read: Contents) -> bool:
        """Whether something is missing before an update."""
        return read.missing(self._trial.document.known)

    def attempt(self, update: Read) -> bool:
        """Try an update after those that are on their way; return whether it changes anything.

        Raises WorksheetError if it must not be stored. The trial is to be renewed then.
        """
        payload, read = update
        self._trial.check_room(read)
        try:
            changes = self._trial.attempt(payload, read)
        except WorksheetError:
            self.is_stale = True
            raise
        self._ahead.update(client for client, _, _ in read.spans)
        return changes

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
        other. So the trial is stale then.
        """
        if not self._ahead.isdisjoint(client for client, _, _ in update[1].spans):
            self.is_stale = True
        if not self.is_stale:
            self._trial.document.take(*update)
        self.take_own(seq, update)

    def close(self) -> None:
        """End it."""
        self._trial.close()
