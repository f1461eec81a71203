"""What two versions differ in, as people are told: by cells, by lines, bounded."""

import os
from random import Random

from sagews.backend.worksheets.difference import MOST_LINE_ENDS, MOST_LINES, MOST_TEXT, Difference, difference
from tests.unit.backend.worksheets.filed import cell, notebook

ROUNDS = 100_000 if os.environ.get("SAGEWS_PROVE") else 1_000


def told(old: bytes | None, new: bytes | None, path: str = "a.ipynb") -> list[tuple[str, str, list[str]]]:
    marks = {"same": " ", "added": "+", "removed": "-", "skipped": "…"}
    found = difference(path, old, new)
    return [(each.id, each.change, [marks[line.kind] + line.text for line in each.lines]) for each in found.cells]


def test_cells_are_compared_by_their_ids() -> None:
    old = notebook(cell("a", "1\n2\n3\n4\n5\n6"), cell("b", "gone"), cell("c", "c"), cell("d", "d"))
    new = notebook(cell("n", "new"), cell("d", "d"), cell("a", "1\n2\n3\n4\n5\nλ"), cell("c", "c"))
    assert told(old, new) == [
        ("n", "added", ["+new"]),
        ("d", "moved", []),
        ("a", "changed", ["…", " 3", " 4", " 5", "-6", "+λ"]),
        ("b", "removed", ["-gone"]),
    ]
    assert told(old, old) == [] and not difference("a.ipynb", old, old).metadata


def test_outputs_metadata_and_what_is_beside_cells_are_flags() -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": "1"}
    old = notebook(cell("a", "1"), cell("b", "1"), k=1)
    new = notebook(cell("a", "1", outputs=[stream]), cell("b", "1", metadata={"x": 1}), k=2)
    found = difference("a.ipynb", old, new)
    assert [(each.id, each.change, each.outputs, each.metadata) for each in found.cells] == [
        ("a", "changed", True, False),
        ("b", "changed", False, True),
    ]
    assert found.metadata


def test_what_is_no_notebook_is_text_and_what_is_no_text_is_not_shown() -> None:
    assert told(b"{", notebook(cell("a", "1")))[0][:2] == ("", "changed")
    assert told(b"a\nb\n", b"a\nc\n", "x.txt") == [("", "changed", [" a", "-b", "+c"])]
    assert told(None, b"a\n", "x.txt") == [("", "added", ["+a"])]
    assert told(b"a\n", None, "x.txt") == [("", "removed", ["-a"])]
    for other in (b"\xff", b"a\0"):
        assert difference("x.txt", b"a", other).kind == "bytes"


def test_of_a_notebook_that_comes_or_goes_each_cell_does() -> None:
    data = notebook(cell("a", "1"))
    assert told(None, data) == [("a", "added", ["+1"])] and told(data, None) == [("a", "removed", ["-1"])]


def test_a_notebook_without_ids_is_compared_by_what_its_cells_say() -> None:
    old = notebook(cell("", "1"), cell("", "2"), cell("", "3"), minor=4)
    new = notebook(cell("", "1"), cell("", "2 changed"), cell("", "3"), minor=4)
    assert [each[1:] for each in told(old, new)] == [("changed", ["-2", "+2 changed"])]


def test_what_is_told_is_bounded() -> None:
    lines = "\n".join(map(str, range(2 * MOST_LINES)))
    found = difference("a.txt", b"", lines.encode())
    assert found.cut and len(found.cells[0].lines) == MOST_LINES
    many = notebook(*(cell(f"c{number}", "x") for number in range(MOST_LINES)))
    assert difference("a.ipynb", None, many).cut
    (long,) = difference("a.txt", b"", b"x" * 100_000).cells[0].lines
    assert len(long.text) == 2001


def test_of_too_large_a_text_no_line_is_made() -> None:
    many = "\n" * (MOST_LINE_ENDS + 1)
    for other in (many, many.replace("\n", "\u2028"), "x" * (MOST_TEXT + 1)):
        assert difference("a.txt", other.encode(), b"a") == difference("a.txt", b"a", other.encode())
        assert difference("a.txt", b"a", other.encode()) == Difference("bytes")
    found = difference("a.txt", b"", b"\n" * MOST_LINE_ENDS)
    assert found.kind == "text" and found.cut and len(found.cells[0].lines) == MOST_LINES


def test_what_is_told_is_what_differs() -> None:
    random = Random(5)
    for _ in range(ROUNDS):
        old = [random.choice("abcd") for _ in range(random.randrange(30))]
        new = [random.choice("abcd") for _ in range(random.randrange(30))]
        found = difference("a.txt", "\n".join(old).encode(), "\n".join(new).encode()).cells
        if old == new:
            assert found == ()
            continue
        removed = [line.text for line in found[0].lines if line.kind == "removed"]
        added = [line.text for line in found[0].lines if line.kind == "added"]
        assert len(old) - len(removed) == len(new) - len(added) >= 0
        if not any(line.kind == "skipped" for line in found[0].lines):
            assert [line.text for line in found[0].lines if line.kind != "added"] == old
            assert [line.text for line in found[0].lines if line.kind != "removed"] == new
