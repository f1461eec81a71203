"""A worksheet as one update that was encoded before: what has come since is beside it, and is little.

To encode a worksheet of 20 MB takes the library 30 ms, in which it lets nothing
else of the process run, in no thread either. As a base from the database it is
encoded already. So that one is kept, and one of 1 MiB more is made only when
so much has come.
"""

from dataclasses import dataclass

from sagews.backend.worksheets.document import Document

SMALL = 512 << 10
"""Bytes of an update that is not kept: it is encoded in a millisecond."""
MOST_SINCE = 1 << 20
"""Bytes of updates since, at most: it is encoded anew then."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A worksheet as it was at one moment, or what somebody lacked of it then."""

    payload: bytes
    state: bytes
    """Its state vector: by it, what has come since is found."""
    seq: int
    """The number of the newest update that it has."""


class Kept:
    """The newest encoding of one worksheet."""

    def __init__(self) -> None:
        self._whole: Whole | None = None
        self._size = 0

    def base(self, payload: bytes, document: Document, seq: int, size: int) -> None:
        """Keep a base, which is all that a document has; `size`: bytes of all updates that came by up to it."""
        if len(payload) > SMALL:
            self._whole, self._size = Whole(payload, document.state, seq), size

    def get(self, document: Document, seq: int, size: int) -> Whole:
        """Return a worksheet as it is, or was not long ago. What has come since then is to be asked of the document."""
        if self._whole is not None and abs(size - self._size) <= MOST_SINCE:
            return self._whole
        whole = Whole(document.since(), document.state, seq)
        self._whole, self._size = (whole, size) if len(whole.payload) > SMALL else (None, 0)
        return whole
