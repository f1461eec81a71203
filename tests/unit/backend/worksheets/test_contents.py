"""Updates, read before the library has them: what they need is known, and what would break it is refused."""

import sys
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text

from sagews.backend.worksheets import contents as module
from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.contents import Contents, contents, state_of
from tests.unit.backend.worksheets.backends import BASE, WORDS
from tests.unit.backend.worksheets.wire import (
    CLIENT,
    deleted,
    new_map,
    number,
    root,
    text,
    update,
    value,
    within,
)
from tests.unit.backend.worksheets.writer import Writer

ANY_ARRAY, ANY_TEXT = b"\x75", b"\x77"


def updates_of_three_letters() -> list[bytes]:
    doc: Doc[Any] = Doc()
    cells: Array[Any] = doc.get("cells", type=Array)
    cells.append(Map({"source": Text("")}))
    written = [doc.get_update()]
    for letter in "ABC":
        before = doc.get_state()
        source = cells[0]["source"]
        source += letter
        written.append(doc.get_update(before))
    return written


def known(*updates: bytes) -> dict[int, int]:
    state: dict[int, int] = {}
    for each in updates:
        ends = contents(each).ends(state)
        assert ends is not None
        state |= ends
    return state


def test_an_update_whose_predecessor_is_missing_is_known_as_such() -> None:
    base, a, b, c = updates_of_three_letters()
    assert contents(base).missing({}) is False
    assert contents(a).missing({}) and contents(a).missing(known(base)) is False
    assert contents(c).missing(known(base, a)) and contents(c).missing(known(base, a, b)) is False
    # All of it again: nothing is missing, and nothing is new.
    assert contents(a).missing(known(base, a, b)) is False


def test_the_state_is_that_of_the_library() -> None:
    writer = Writer()
    for word in WORDS:
        writer.add_cell(0, word)
        writer.write(0, 1, "学")
        writer.erase(0, 0, 1)
    del writer.cells[2]
    state: dict[int, int] = {}
    for new in writer.unacknowledged.values():
        read = contents(new.payload)
        assert not read.missing(state)
        state |= read.ends(state) or {}
    assert state == state_of(writer.doc.get_state())
    assert contents(writer.doc.get_update()).ends({}) == state


def test_a_deletion_of_what_is_not_there_is_missing_something() -> None:
    only_deletes = number(0) + deleted(CLIENT, 3, 2)
    assert contents(only_deletes) == Contents(
        (), (), ((CLIENT, 3, 5),), 0, frozenset({(CLIENT, 3), (CLIENT, 5)}), frozenset(), 1
    )
    assert contents(only_deletes).missing({CLIENT: 4})
    assert not contents(only_deletes).missing({CLIENT: 5})


def test_a_hole_within_an_update_is_seen() -> None:
    skip = bytes([10]) + number(3)
    holed = update(value(ANY_TEXT + text("1")), skip, value(ANY_TEXT + text("2"), name="l"))
    read = contents(holed)
    assert read.spans == ((CLIENT, 0, 1), (CLIENT, 4, 5))
    assert read.missing({}) and read.missing({CLIENT: 3}) and not read.missing({CLIENT: 4})


def test_what_refers_to_somebody_else_needs_them() -> None:
    read = contents(update(value(ANY_TEXT + text("1"), parent=within(9, 4))))
    assert read.needs == ((9, 4),) and read.missing({9: 4}) and not read.missing({9: 5})


HUGE = number(2**31)
REFUSED = {
    "nothing": b"",
    "not whole": BASE[:-3],
    "more than an update": BASE + b"\0",
    "four thousand million clients": HUGE + bytes(20),
    "four thousand million blocks": number(1) + HUGE + number(7) + bytes(20),
    "an array of any size": update(value(ANY_ARRAY + HUGE)),
    "values of any number": update(value(b"", count=2**31)),
    # The process ended with SIGSEGV.
    "a value nested deep": update(value((ANY_ARRAY + b"\x01") * 300_000 + ANY_TEXT + text("1"))),
    "a text that is not UTF-8": update(bytes([4]) + root("cells") + text(b"a\xff\xfeb")),
    # A panic.
    "clocks that overflow": number(1)
    + number(2)
    + number(7)
    + number(2**31 - 2)
    + b"\0"
    + number(9)
    + b"\0\x05"
    + b"\0",
    "a number without end": b"\xff" * 12,
    "a client twice": number(2) + update(value(b"\x78"))[1:-1] + update(value(b"\x78"))[1:],
    "an unknown root": update(value(b"\x78", parent=root("state"))),
    "what comes after it": update(value(b"\x78", parent=within(CLIENT, 0))),
    "a name in the array of cells": update(value(b"\x78", parent=root("cells"))),
    "a map with a name in the array of cells": update(new_map(parent=root("cells"))),
    "no name in the map of metadata": update(bytes([8]) + root("meta") + number(1) + b"\x78"),
    "a text in the map of metadata": update(bytes([4]) + root("meta") + text("x")),
    "a format": update(bytes([6]) + root("cells") + text("bold") + text("true")),
    "an embedded document": update(bytes([9]) + root("cells") + text("guid") + b"\x78"),
    "a binary": update(bytes([3]) + root("cells") + text("x")),
    "an XML element": update(bytes([7]) + root("cells") + number(3) + text("p")),
    "a content of two names": update(bytes([24]) + root("cells") + number(1) + b"\x78"),
    "an empty text": update(bytes([4]) + root("cells") + text("")),
    "an empty deletion": number(0) + deleted(7, 0, 0),
    "a thousand maps too many": update(*[new_map()] * (module.MOST_TYPES + 1)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_worksheet_has_is_refused(what: str) -> None:
    with pytest.raises(GarbledError) as caught:
        contents(REFUSED[what])
    assert str(caught.value).startswith("update: ") and caught.value.hint


def test_an_update_has_not_parts_without_number() -> None:
    def ranges(count: int) -> bytes:
        return number(1) + number(CLIENT) + number(count) + b"".join(number(2 * at) + b"\1" for at in range(count))

    item = value(b"\x78")
    assert len(contents(update(item, deletes=ranges(module.MOST_PARTS - 1))).deletes) == module.MOST_PARTS - 1
    for large in (update(item, deletes=ranges(module.MOST_PARTS)), update(*[item] * (module.MOST_PARTS + 1))):
        with pytest.raises(GarbledError, match="update: has more than 20000 parts; send it in pieces"):
            contents(large)
        # A base may.
        contents(large, most_types=1 << 40)


def test_a_state_vector_claims_no_memory() -> None:
    assert state_of(number(2) + number(1) + number(5) + number(2) + number(6)) == {1: 5, 2: 6}
    for wrong in (b"", HUGE, number(1) + number(1), b"\0\0"):
        with pytest.raises(GarbledError):
            state_of(wrong)


def test_reading_is_no_recursion() -> None:
    deep = update(*[new_map(parent=within(CLIENT, clock - 1)) if clock else new_map() for clock in range(3000)])
    assert contents(deep).types == 3000 > sys.getrecursionlimit()
