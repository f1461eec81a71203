"""What a room knows of its worksheet, thinking only: as it is stored, and a trial that is ahead of it."""

from collections.abc import Iterable

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
        self._trial = Trial()

    def missing(self, read: Contents) -> bool:
        """Whether something is missing before an update."""
        return read.missing(self._trial.document.known)

    def attempt(self, update: Read, on_its_way: Iterable[Read]) -> bool:
        """Try an update after those that are on their way; return whether it changes anything.

        Raises WorksheetError if it must not be stored: it is as if it never was, then.
        """
        payload, read = update
        self._trial.check_room(read)
        try:
            return self._trial.attempt(payload, read)
        except WorksheetError:
            self.renew(on_its_way)
            raise

    def renew(self, on_its_way: Iterable[Read]) -> None:
        """Have a trial of what is stored and of this."""
        self._trial.close()
        self._trial = Trial(self.stored)
        for payload, read in on_its_way:
            self._trial.document.take(payload, read)

    def take_own(self, seq: int, update: Read) -> None:
        """Have an update in what is stored that was tried before. Raises GarbledError as Document.take."""
        self.stored.take(*update)
        self.seq = seq
        self.bytes += len(update[0])

    def take_news(self, seq: int, update: Read) -> None:
        """Have an update in both that others have stored, or nobody knew to be stored. Raises GarbledError."""
        self._trial.document.take(*update)
        self.take_own(seq, update)

    def close(self) -> None:
        """End it."""
        self._trial.close()
