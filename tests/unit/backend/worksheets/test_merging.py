"""A file that was changed elsewhere, brought into the worksheet: it has what the file has, and what people wrote."""

import os
from dataclasses import replace
from random import Random

from sagews.backend.worksheets.document import Document, made
from sagews.backend.worksheets.merging import updates
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from sagews.database.updates import MOST_PAYLOAD
from tests.unit.backend.worksheets.test_edits import changed, words

PAIRS = 100_000 if os.environ.get("SAGEWS_PROVE") else 2_000


def texts(random: Random) -> dict[str, str]:
    return {name: str(random.randrange(3)) for name in random.sample("abc", random.randrange(3))}


def cell(random: Random, name: str) -> CellValues:
    kind = random.choice(("code", "markdown", "raw"))
    return CellValues(name, kind, words(random), texts(random), texts(random), texts(random))


def worksheet(random: Random) -> WorksheetValues:
    cells = tuple(cell(random, f"c{number}") for number in range(random.randrange(6)))
    return WorksheetValues(cells, texts(random), texts(random) | {"nbformat": "4"})


def changed_worksheet(random: Random, values: WorksheetValues, mark: str) -> WorksheetValues:
    cells = list(values.cells)
    for number in range(random.randrange(4)):
        what = random.randrange(5)
        at = random.randrange(len(cells) + 1)
        if what == 0:
            cells.insert(at, cell(random, f"{mark}{number}"))
        elif cells:
            at = at % len(cells)
            one = cells[at]
            if what == 1:
                del cells[at]
            elif what == 2:
                cells.insert(random.randrange(len(cells)), cells.pop(at))
            elif what == 3:
                cells[at] = replace(one, source=changed(random, one.source))
            else:
                cells[at] = replace(cell(random, one.id), source=one.source)
    return WorksheetValues(tuple(cells), texts(random), values.rest)


def merged(current: Document, base: WorksheetValues, new: WorksheetValues) -> WorksheetValues:
    found = updates(current.since(), base, new)
    for update in found:
        assert len(update) <= MOST_PAYLOAD
        current.take_kept(update)
    current.check()
    return current.values()


def opened(values: WorksheetValues) -> Document:
    document = Document()
    document.take_kept(made(values))
    return document


def test_where_nobody_wrote_it_has_what_the_file_has() -> None:
    random = Random(3)
    for _ in range(PAIRS):
        base = worksheet(random)
        new = random.choice((changed_worksheet(random, base, "n"), worksheet(random)))
        assert merged(opened(base), base, new) == new


def test_what_people_wrote_stays() -> None:
    random = Random(4)
    for _ in range(PAIRS):
        base = worksheet(random)
        ours, new = changed_worksheet(random, base, "o"), changed_worksheet(random, base, "n")
        document = opened(ours)
        both = merged(document, base, new)
        before = {each.id: each for each in base.cells}
        there = {each.id: each for each in both.cells}
        for mine, other in ((ours, new), (new, ours)):
            others = {each.id for each in other.cells}
            for each in mine.cells:
                # Who is not there was deleted by one side, and as it was on the other.
                assert each.id in there or (each.id not in others and before.get(each.id) == each)
        # Brought in once more, as after a backend that died before it could say so, it changes no text.
        assert [each.source for each in merged(opened(both), both, both).cells] == [each.source for each in both.cells]
        if ours == base:
            assert both == new
        if new == base:
            assert both == ours
        assert merged(opened(ours), base, ours) == ours


def test_both_write_in_one_cell() -> None:
    base = WorksheetValues((CellValues("a", "code", "x = 1\ny = 2\n"),))
    ours = WorksheetValues((CellValues("a", "code", "x = 1  # 😀\ny = 2\n"), CellValues("b", "code", "mine")))
    new = WorksheetValues((CellValues("n", "markdown", "# T"), CellValues("a", "code", "x = 1\ny = 3\n", {"k": "1"})))
    both = merged(opened(ours), base, new)
    assert [(each.id, each.source) for each in both.cells] == [
        ("n", "# T"),
        ("a", "x = 1  # 😀\ny = 3\n"),
        ("b", "mine"),
    ]
    assert both.cells[1].metadata == {"k": "1"}


def test_what_one_deleted_and_the_other_changed_stays() -> None:
    base = WorksheetValues((CellValues("a", "code", "1"), CellValues("b", "code", "2"), CellValues("c", "code", "3")))
    ours = WorksheetValues((CellValues("a", "code", "1"), CellValues("b", "code", "2 and more")))
    new = WorksheetValues((CellValues("c", "code", "3 and more"),))
    assert [each.source for each in merged(opened(ours), base, new).cells] == ["3 and more", "2 and more"]


def test_a_large_file_comes_in_pieces() -> None:
    base = WorksheetValues((CellValues("a", "code", "1"),))
    new = WorksheetValues(tuple(CellValues(f"c{number}", "code", "é" * 90_000) for number in range(40)))
    document = opened(base)
    assert merged(document, base, new) == new
    many = WorksheetValues(tuple(CellValues(f"c{number}", "code", "x") for number in range(5000)))
    assert merged(document, new, many) == many
