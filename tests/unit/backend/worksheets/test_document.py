"""Documents: what goes in comes out, and the library's silence about what is missing is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc

from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.document import Document, made
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from sagews.errors import WorksheetError
from tests.unit.backend.worksheets.backends import BASE, WORDS
from tests.unit.backend.worksheets.writer import Writer

EXACT = {"float": "1.0", "large": "1e300", "integer": str(1 << 90), "deep": '{"a": [null, true, "\\ud800\\u0000"]}'}
"""Text of JSON that comes back as it was, where values of a CRDT would not."""


def document(*payloads: bytes) -> Document:
    one = Document()
    for payload in payloads:
        one.take_kept(payload)
    return one


def test_what_goes_in_comes_out() -> None:
    cells = (
        CellValues("a", "code", "x = 1\r\n👩‍👩‍👧‍👦", EXACT, rest={"unknown key": "[]"}),
        CellValues("b-_9", "markdown", "λόγος", attachments={"π.png": '{"image/png": "iVBO"}'}),
        CellValues("c", "raw", ""),
    )
    values = WorksheetValues(cells, {"kernelspec": '{"name": "python3"}'}, {"nbformat": "4", "nbformat_minor": "5"})
    assert document(made(values)).values() == values
    assert document(made(WorksheetValues())).values() == WorksheetValues()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3))
def test_any_source_comes_out(sources: list[str]) -> None:
    values = WorksheetValues(tuple(CellValues(f"c{n}", "code", each) for n, each in enumerate(sources)))
    assert document(made(values)).values() == values


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (CellValues("", "code"), "cell 1: has an id that no cell may have"),
        (CellValues("a b", "code"), "has an id"),
        (CellValues("x" * 65, "code"), "has an id"),
        (CellValues("a", "heading"), "cell 1: is of no known type"),
        (CellValues("a", "code", "x" * ((1 << 20) + 1)), "has a source of more than 1 MiB"),
        (CellValues("a", "code", metadata={"a": "NaN"}), "metadata of cell 1: has something at 'a' that is no text of"),
        (CellValues("a", "code", rest={"a": "[" * 100_000}), "rest of cell 1: has something"),
        (CellValues("a", "code", attachments={"x" * 1001: "1"}), "attachments of cell 1: has something"),
    ],
)
def test_what_no_worksheet_has_is_refused(cell: CellValues, why: str) -> None:
    with pytest.raises(WorksheetError) as caught:
        made(WorksheetValues((cell,)))
    assert why in str(caught.value)


def test_the_library_keeps_back_what_it_cannot_place_and_a_document_says_so() -> None:
    writer = Writer()
    writer.add_cell(0)
    for letter in "ABC":
        writer.write(0, len(str(writer.source(0))), letter)
    cell, a, b, c = (new.payload for new in writer.unacknowledged.values())
    silent: Doc[Array] = Doc()  # type: ignore[type-arg]  # of anything
    for payload in (cell, a, c):
        silent.apply_update(payload)
    # C is neither in it nor in what it gives, and nothing was said: made into a base it would be lost.
    again: Doc[Array] = Doc()  # type: ignore[type-arg]  # the same
    for payload in (silent.get_update(), b):
        again.apply_update(payload)
    assert again.get("cells", type=Array)[0]["source"].to_py() == "AB"
    with pytest.raises(GarbledError, match="was to be put after something that is not there"):
        document(cell, a, c)
    assert document(cell, a, b, c).values().cells[0].source == "ABC"


def test_the_same_twice_is_once_and_two_imports_are_two() -> None:
    assert len(document(BASE, BASE).values().cells) == 4
    values = document(BASE).values()
    other = made(values)
    # Why a worksheet has an epoch: nothing else keeps these apart.
    assert len(document(BASE, other).values().cells) == 8


def test_a_cell_that_two_moved_has_another_id_the_second_time() -> None:
    one, two = Writer(), Writer()
    for each in (one, two):
        each._apply(BASE)
        each.move_cell(0, 2)
    both = [new.payload for each in (one, two) for new in each.unacknowledged.values()]
    ids = [cell.id for cell in document(BASE, *both).values().cells]
    assert ids == [cell.id for cell in document(BASE, *reversed(both)).values().cells]
    assert sorted(ids) == ["c0", "c0-2", "c1", "c2", "c3"]


def test_nobody_gets_something_for_a_state_that_is_none() -> None:
    one = document(BASE)
    assert document(one.since()).values() == one.values()
    assert contents(one.since(one.state)).spans == ()
    for wrong in (b"", b"\xff" * 9, b"\x05"):
        with pytest.raises(GarbledError):
            one.since(wrong)


def test_maps_and_texts_are_counted() -> None:
    one = document(BASE)
    # A cell is a map with a map and a text in it; the metadata and the rest of the worksheet are maps.
    assert one.types == len(WORDS[:4]) * 3 + 2
    del one.cells[0]
    assert Document.types_in(one.since()) == 3 * 3 + 2
