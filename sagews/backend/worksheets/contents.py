"""An update of Yjs, as far as it must be known before the library may have it: thinking only.

The library trusts what it reads more than we may: a value nested deep enough
ends the process, clocks that overflow are a panic, and an update whose
predecessors are missing is taken and then kept back without a word. So an
update is read here first. What a worksheet never has is refused: formats,
embedded documents, values that are not flat.

It is version 1 of the encoding: see `readUpdateV2` in
https://github.com/yjs/yjs/blob/main/src/utils/encoding.js, with INTERNALS.md.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.bytestream import MOST_CLOCK, MOST_NUMBER, ByteStream, garbled

MOST_TYPES = 4000
"""Maps and texts that one update makes. One within the other, they are gone through by recursion."""
ROOTS = {"cells": False, "meta": True}
"""What a worksheet has at its outermost, and whether what is in it has names."""
MOST_PARTS = 20_000
"""Items and deleted ranges of one update: a document is gone through for each. A browser that was away sends many."""
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_KEY = 128, 64, 32
_GC, _SKIP, _STRING = 0, 10, 4
_MAP, _TEXT = 1, 2
Clock = tuple[int, int]
"""A client, and one of its clocks."""
Span = tuple[int, int, int]
"""A client, its first clock, and the one after its last."""
State = Mapping[int, int]
"""How much is known of each client: its clock after the last."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an update has, and what it needs."""

    spans: tuple[Span, ...]
    """What it brings."""
    needs: tuple[Clock, ...]
    """Client and clock of what it refers to."""
    deletes: tuple[Span, ...]
    """What it deletes."""
    types: int
    """Maps and texts that it makes."""
    splits: frozenset[Clock]
    """Before which clocks something is put in or deleted: what is one item there becomes two."""
    pairs: frozenset[Clock]
    """Second halves of characters that are two in UTF-16."""
    parts: int
    """Items and deleted ranges."""

    def missing(self, state: State) -> bool:
        """Whether it cannot be put after what is known, since something before it is not there."""
        ends = self.ends(state)
        if ends is None:
            return True
        needed = ((client, clock + 1) for client, clock in self.needs)
        deleted = ((client, end) for client, _, end in self.deletes)
        return any(ends.get(client, state.get(client, 0)) < end for client, end in (*needed, *deleted))

    def split_a_pair(self, pairs: AbstractSet[Clock], state: State) -> bool:
        """Whether a character would come apart, one of these or of its own; the library makes garbage of it."""
        begun = {(client, state.get(client, 0)) for client, start, _ in self.spans if start < state.get(client, 0)}
        splits = self.splits | begun
        return not (splits.isdisjoint(pairs) and splits.isdisjoint(self.pairs))

    def ends(self, state: State) -> dict[int, int] | None:
        """Return how much is known, with it, of each client of whom it brings something; None: there is a hole."""
        ends: dict[int, int] = {}
        for client, start, end in self.spans:
            known = ends.get(client, state.get(client, 0))
            if start > known:
                return None
            ends[client] = max(known, end)
        return ends


def contents(payload: bytes, *, most_types: int = MOST_TYPES) -> Contents:
    """Read an update. Raises GarbledError if it is none of a worksheet."""
    reading = _Reading(ByteStream(payload), most_types)
    return reading.update()


class _Reading:
    """One update while it is read."""

    def __init__(self, stream: ByteStream, most_types: int) -> None:
        self._stream = stream
        self._most_types = most_types
        self._spans: list[Span] = []
        self._needs: list[Clock] = []
        self._splits: set[Clock] = set()
        self._pairs: list[Clock] = []
        self._clients: set[int] = set()
        self._types = 0
        # A base has as many as a worksheet has.
        self._parts_left = self._most_parts = MOST_PARTS if most_types == MOST_TYPES else MOST_NUMBER

    def update(self) -> Contents:
        number = self._stream.number
        for _ in range(number()):
            blocks, client, clock = number(), number(), number(MOST_CLOCK)
            if client in self._clients:
                # The library would take one of the two.
                raise garbled("names a client twice")
            self._clients.add(client)
            for _ in range(blocks):
                clock = self._block(client, clock)
        deletes = self._deletes()
        self._stream.end()
        return Contents(
            tuple(self._spans),
            tuple(self._needs),
            deletes,
            self._types,
            frozenset(self._splits),
            frozenset(self._pairs),
            self._most_parts - self._parts_left,
        )

    def _block(self, client: int, clock: int) -> int:
        """Read one block; return the clock after it."""
        self._count_part()
        info = self._stream.byte()
        if info == _SKIP:
            return _checked_clock(clock + self._length())
        length = self._length() if info == _GC else self._item(info, client, clock)
        end = _checked_clock(clock + length)
        if self._spans and self._spans[-1][0] == client and self._spans[-1][2] == clock:
            self._spans[-1] = (client, self._spans[-1][1], end)
        else:
            self._spans.append((client, clock, end))
        return end

    def _count_part(self) -> None:
        self._parts_left -= 1
        if self._parts_left < 0:
            raise GarbledError(f"has more than {MOST_PARTS} parts", "update", "send it in pieces")

    def _item(self, info: int, client: int, clock: int) -> int:
        """Read an item; return how many clocks it takes."""
        number = self._stream.number
        if info & _HAS_ORIGIN:
            left = self._need(client, clock)
            self._splits.add((left[0], left[1] + 1))
        if info & _HAS_RIGHT_ORIGIN:
            self._splits.add(self._need(client, clock))
        if not info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN):
            root = None
            if (of_root := number()) == 1:
                root = self._stream.text()
            elif of_root == 0:
                self._need(client, clock)
            else:
                raise garbled("cannot be read")
            # The library takes a name in an array, and an item without one in a map; nobody would look at these.
            if root is not None and ROOTS.get(root) != bool(info & _HAS_KEY):
                raise garbled("is not of a worksheet")
            if info & _HAS_KEY:
                self._stream.text()
        kind = info & 31
        if kind == _STRING:
            return self._text(client, clock)
        if kind not in _CONTENT:
            raise garbled("has something that a worksheet has not")
        return _CONTENT[kind](self)

    def _need(self, client: int, clock: int) -> Clock:
        """Read what an item refers to: something before it."""
        needed = self._stream.number(), self._stream.number(MOST_CLOCK)
        if needed[0] == client and needed[1] >= clock:
            raise garbled("refers to what comes after it")
        self._needs.append(needed)
        return needed

    def _length(self) -> int:
        length = self._stream.number(MOST_CLOCK)
        if length == 0:
            raise garbled("has an empty part")
        return length

    def _text(self, client: int, clock: int) -> int:
        text = self._stream.text()
        if not text:
            raise garbled("has an empty part")
        if text.isascii():
            return len(text)
        # As JavaScript counts: two for what is beyond the first 65,536.
        start = clock
        for letter in text:
            if letter > "\uffff":
                clock += 1
                self._pairs.append((client, clock))
            clock += 1
        return clock - start

    def _type(self) -> int:
        if self._stream.number() not in (_MAP, _TEXT):
            raise garbled("has something that a worksheet has not")
        self._types += 1
        if self._types > self._most_types:
            raise garbled(f"has more than {self._most_types} new maps and texts")
        return 1

    def _values(self) -> int:
        count = self._length()
        for _ in range(count):
            self._value(self._stream.byte())
        return count

    def _value(self, kind: int) -> None:
        stream = self._stream
        if kind == 119:
            stream.text()
        elif kind == 125:
            stream.skip_signed()
        elif kind in _FIXED:
            stream.skip(_FIXED[kind])
        else:
            raise garbled("has a value that a worksheet has not")

    def _deletes(self) -> tuple[Span, ...]:
        number = self._stream.number
        spans = []
        for _ in range(number()):
            client = number()
            for _ in range(number()):
                self._count_part()
                start = number(MOST_CLOCK)
                end = _checked_clock(start + self._length())
                spans.append((client, start, end))
                self._splits.update(((client, start), (client, end)))
        return tuple(spans)


_CONTENT: dict[int, Callable[[_Reading], int]] = {
    1: _Reading._length,  # deleted
    7: _Reading._type,
    8: _Reading._values,
}
_FIXED = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}
"""Bytes of values of one size: undefined, null, float32, float64, int64, false, true."""


def _checked_clock(clock: int) -> int:
    if clock > MOST_CLOCK:
        raise garbled("has a number that is too large")
    return clock


def state_of(vector: bytes) -> dict[int, int]:
    """Read a state vector: how much of each client somebody knows. Raises GarbledError."""
    stream = ByteStream(vector)
    state = {}
    for _ in range(stream.number()):
        client = stream.number()
        state[client] = stream.number(MOST_CLOCK)
    stream.end()
    return state
