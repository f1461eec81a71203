"""Which file is which: what was known before a restart, and copies of files that were emptied.

Whoever copies a log and then empties it (logrotate's `copytruncate`) makes a
second file with the same content. Such a copy is read only once the first one
has ended, and only from where that one ended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sagews.logs.files import service_of
from sagews.logs.position import MARK, Farewell, Position, copied, looks_alike
from sagews.logwatch.tail import Tail

GONE = "deleted while nobody read it"
REPLACED = "emptied or replaced while nobody read it"


def recognise(
    tails: list[Tail], ended: Mapping[Tail, tuple[int, str]], positions: dict[tuple[int, int], Position]
) -> list[Farewell]:
    """Find out what each file is that is not known yet; return what is to be said of those that have ended.

    `ended`: with what is lost of each, and why; they are not among the `tails`.
    `positions`: of files that have not been seen since the start.
    """
    left = dict(positions)
    for tail in tails:
        if not tail.known and (position := _own(tail, left)) is not None:
            tail.known = True
            tail.go_on(position)
            del left[position.key]
    present = {tail.key for tail in tails}
    partings = [
        _Parting(tail.position, tail.reach, gap, reason)
        for tail, (gap, reason) in ended.items()
        if tail.known and tail.origin is None
    ]
    for position in left.values():
        lost = _unseen(position) if position.key not in present else max(0, position.size - position.offset)
        reason = REPLACED if position.key in present else GONE
        partings.append(_Parting(position, position.size, lost, reason))
    unsettled = {tail.found.service for tail in tails if tail.broken}
    for tail in tails:
        if tail.origin is not None and tail.origin in ended:
            tail.origin = None
            _go_on_for(tail, partings)
        elif not tail.known and tail.size and not (tail.found.number and tail.found.service in unsettled):
            tail.known = True
            if not _go_on_for(tail, partings):
                tail.origin = _origin(tail, tails)
    return [parting.farewell() for parting in partings]


class _Parting:
    """A file that has ended, and who goes on in its place."""

    def __init__(self, position: Position, reach: int, gap: int | None, reason: str) -> None:
        self.position = position
        self._reach = reach
        self._gap = gap
        self._reason = reason
        self._copies: list[Position] = []

    def take(self, copy: Position, size: int) -> None:
        """Have a copy go on: what it holds is not lost."""
        self._copies.append(copy)
        if self._gap is not None:
            self._gap = min(self._gap, max(0, self._reach - size))

    def farewell(self) -> Farewell:
        gap = self._gap
        if gap is None and self._copies:
            gap = 0
        return Farewell(
            position=self.position, gap=gap, reason=self._reason if gap != 0 else "", copies=tuple(self._copies)
        )


def _own(tail: Tail, positions: Mapping[tuple[int, int], Position]) -> Position | None:
    """Return the position of this very file. The number of its device may be another one after a restart."""
    same = positions.get(tail.key)
    others = (it for it in positions.values() if it.inode == tail.found.inode and it.offset and it is not same)
    for position in [same, *others]:
        if position is not None and tail.is_of(position):
            return position
    return None


def _origin(tail: Tail, tails: Iterable[Tail]) -> Tail | None:
    """Return the file that is still there and of which this one is a copy, or becomes one."""
    for other in tails:
        if (
            other.origin is None
            and other.found.service == tail.found.service
            and other.found.number < tail.found.number
            and looks_alike(other.first_bytes(), tail.size, tail.bytes_at)
        ):
            return other
    return None


def _go_on_for(tail: Tail, partings: Iterable[_Parting]) -> bool:
    """Have a file go on where one ended that it is a copy of; whether there is such a one."""
    size = tail.size
    for parting in partings:
        position = parting.position
        if position.service != tail.found.service:
            continue
        offset = copied(position, size, tail.bytes_at, rotated=tail.found.number > 0)
        if offset is None:
            continue
        copy = replace(
            tail.position,
            offset=offset,
            head=tail.bytes_at(0, min(offset, MARK)),
            tail=tail.bytes_at(max(0, offset - MARK), min(offset, MARK)),
            size=size,
        )
        tail.go_on(copy)
        parting.take(copy, size)
        return True
    return False


def _unseen(position: Position) -> int | None:
    """Return how much is lost of a file that is not there any more; None if nobody knows."""
    if position.size > position.offset:
        return position.size - position.offset
    named = service_of(position.name)
    return None if named is not None and not named[1] else 0
