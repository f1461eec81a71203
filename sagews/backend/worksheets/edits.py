"""What one text is of another, as few edits; and such edits done in a text that has changed since: thinking only.

Everything is in characters, so no edit comes between the halves of a pair of
UTF-16. By E. W. Myers, An O(ND) difference algorithm, Algorithmica 1 (1986);
what has too little in common for it is one change.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

MOST_STEPS = 400
"""Lines, or characters of one change, that were put in or out; what has more is one change."""
MOST_LOOKS = 2_000_000
"""Comparisons after which it is."""
MOST_LETTERS = 4000
"""Characters of a change that is looked into."""

Run = tuple[int, int, int]
"""Where something begins in one sequence and in the other, and how much of it is the same."""
Edit = tuple[int, int, str]
"""From which character to which of a text, and what stands there instead."""


def runs(old: Sequence[Any], new: Sequence[Any]) -> list[Run]:
    """Return what two sequences have in common, in order, each run as long as it goes."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    middle = _myers(old[start : len(old) - end], new[start : len(new) - end])
    found = [(0, 0, start), *((start + a, start + b, count) for a, b, count in middle)]
    return [run for run in [*found, (len(old) - end, len(new) - end, end)] if run[2]]


def gaps(common: Sequence[Run], old: int, new: int) -> Iterator[tuple[int, int, int, int]]:
    """Give what lies between runs: from where to where in the one, and in the other, which have these lengths."""
    for (a, b, count), (c, d, _) in pairwise([(0, 0, 0), *common, (old, new, 0)]):
        if a + count < c or b + count < d:
            yield a + count, c, b + count, d


def edits(old: str, new: str) -> list[Edit]:
    """Return what makes one text the other, in order: of lines that changed, the characters that did."""
    if old == new:
        return []
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = list(accumulate(map(len, before), initial=0))
    found: list[Edit] = []
    for start, stop, begin, end in gaps(runs(before, after), len(before), len(after)):
        found += _within(offsets[start], "".join(before[start:stop]), "".join(after[begin:end]))
    return found


def edits_onto(current: str, base: str, new: str) -> list[Edit]:
    """Return what is to be done in a text, so that it has what was done from a base to a new text, too.

    What both sides did is done once. What either put in stays, and what either took out is gone.
    """
    theirs = edits(base, new)
    if current == base or not theirs:
        return theirs
    ours = edits(base, current)
    kept = _kept(ours, len(base))
    found: list[Edit] = []
    for start, stop, words in theirs:
        if any((start, stop) == (a, b) and done.startswith(words) for a, b, done in ours):
            continue
        for of, length, at in kept:
            first, last = max(start, of), min(stop, of + length)
            if first < last:
                found.append((at + first - of, at + last - of, ""))
        if words:
            place = _place(kept, start)
            found.append((place, place, words))
    return sorted(found)


def edited(text: str, changes: Sequence[Edit]) -> str:
    """Return a text after edits, which are in order."""
    parts, at = [], 0
    for start, stop, words in changes:
        parts += [text[at:start], words]
        at = stop
    return "".join([*parts, text[at:]])


def one_edit(old: str, new: str) -> list[Edit]:
    """Return the one edit that makes one text the other: what both begin and end with stays."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    return [(start, len(old) - end, new[start : len(new) - end])]


def _kept(ours: Sequence[Edit], length: int) -> list[tuple[int, int, int]]:
    """Return what edits leave as it is: where it begins, how long it is, and where it begins after them."""
    found, shift, at = [], 0, 0
    for start, stop, words in [*ours, (length, length, "")]:
        found.append((at, start - at, at + shift))
        shift += len(words) - (stop - start)
        at = stop
    return found


def _place(kept: Sequence[tuple[int, int, int]], offset: int) -> int:
    """Return where, after our edits, that is which was at an offset before; after what was put in there."""
    for of, length, at in kept:
        if offset < of:
            # Within what is gone.
            return at
        if offset < of + length:
            return at + offset - of
    _, length, at = kept[-1]
    return at + length


def _within(offset: int, old: str, new: str) -> list[Edit]:
    if len(old) + len(new) > MOST_LETTERS:
        return [(offset + start, offset + stop, words) for start, stop, words in one_edit(old, new)]
    common = runs(old, new)
    return [(offset + a, offset + b, new[c:d]) for a, b, c, d in gaps(common, len(old), len(new))]


def _alike(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how much two sequences begin with together."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    return next(number for number in range(most) if one[number] != other[number])


def _myers(old: Sequence[Any], new: Sequence[Any]) -> list[Run]:
    """Return the runs of a shortest way from one to the other; none if it is too long."""
    if not old or not new:
        return []
    furthest, trace, looks = {1: 0}, [], 0
    for steps in range(min(len(old) + len(new), MOST_STEPS) + 1):
        trace.append(dict(furthest))
        for diagonal in range(-steps, steps + 1, 2):
            down = diagonal == -steps or (diagonal != steps and furthest[diagonal - 1] < furthest[diagonal + 1])
            x = begin = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            looks += x - begin + 1
            if x >= len(old) and y >= len(new):
                return _way_back(trace, len(old), len(new))
        if looks > MOST_LOOKS:
            break
    return []


def _way_back(trace: Sequence[dict[int, int]], x: int, y: int) -> list[Run]:
    found: list[Run] = []
    for steps in range(len(trace) - 1, -1, -1):
        furthest, diagonal = trace[steps], x - y
        down = diagonal == -steps or (diagonal != steps and furthest[diagonal - 1] < furthest[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        from_x = furthest[before] if steps else 0
        from_y = from_x - before if steps else 0
        begin = (from_x if down else from_x + 1) if steps else 0
        if x > begin:
            found.append((begin, begin - diagonal, x - begin))
        x, y = from_x, from_y
    return found[::-1]
