"""Worksheets of SageMathCloud come in as notebooks."""

import json

import pytest

from sagews.backend.formats.cell import CellType
from sagews.backend.formats.notebook import read as read_notebook
from sagews.backend.formats.notebook import write
from sagews.backend.formats.sagews_file import read
from sagews.errors import FormatError

A, B = "11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"


def cell(code: str, *messages: str, cell_id: str = A, flags: str = "") -> str:
    """Return a cell as the file has it."""
    answer = f"\ufe21{B}\ufe21{chr(0xFE21).join(messages)}\ufe21\n" if messages else ""
    return f"\ufe20{cell_id}{flags}\ufe20\n{code}\n{answer}"


def test_code_keeps_its_outputs_in_their_order() -> None:
    messages = ['{"stdout":"1\\n"}', '{"stdout":"2"}', '{"stderr":"no"}', '{"html":"<b>x</b>"}', '{"md":"*m*"}']
    messages += ['{"tex":{"tex":"x^2","display":true}}', '{"code":{"source":"y","mode":"py"}}', '{"done":true}']
    (found,) = read(cell("1\n2", *messages, flags="xo").encode()).cells
    assert (found.id, found.cell_type, found.source) == (A, CellType.CODE, "1\n2")
    outputs = [json.loads(output) for output in found.outputs]
    assert [output.get("text") or output["data"] for output in outputs] == [
        "1\n2",
        "no",
        {"text/html": "<b>x</b>"},
        {"text/markdown": "*m*"},
        {"text/latex": "$$x^2$$"},
        {"text/plain": "y"},
    ]
    assert json.loads(found.metadata) == {"jupyter": {"outputs_hidden": True}}


@pytest.mark.parametrize(
    ("code", "cell_type", "source"),
    [
        ("%md\n# hi", CellType.MARKDOWN, "# hi"),
        ("%md(hide=False)\nhi", CellType.MARKDOWN, "hi"),
        ("%hide\n%md\nhi", CellType.MARKDOWN, "hi"),
        ("%html\n<b>", CellType.CODE, "%%html\n<b>"),
        ("%auto\nf(1)", CellType.CODE, "f(1)"),
        ("%r\nx <- 1", CellType.CODE, "%r\nx <- 1"),
        ("%mdx", CellType.CODE, "%mdx"),
    ],
)
def test_modes_are_cells_of_a_notebook(code: str, cell_type: CellType, source: str) -> None:
    (found,) = read(cell(code).encode()).cells
    assert (found.cell_type, found.source) == (cell_type, source)


def test_text_without_marks_is_one_cell_of_code() -> None:
    assert [each.source for each in read(b"x = 1\r\ny\r\n").cells] == ["x = 1\ny"]


def test_two_cells_with_one_id_have_two() -> None:
    first, second = read((cell("1") + cell("2")).encode()).cells
    assert first.id == A and second.id != A and read((cell("1") + cell("2")).encode()).cells[1] == second


def test_what_is_not_in_the_file_is_named() -> None:
    notebook = read(
        cell("plot(x)", '{"file":{"filename":"a.svg","uuid":"u"}}', '{"interact":{}}', "{broken", "[]").encode()
    )
    assert "a.svg: its server kept this file" in notebook.cells[0].outputs[0]
    assert notebook.repairs == (
        "cell 1 shows a file that is not in the worksheet: 'a.svg'",
        "cell 1 had an output of kind interact, which was left out",
        "cell 1 had an output that is no JSON object, which was left out",
        "cell 1 had an output that is no JSON object, which was left out",
    )


@pytest.mark.parametrize(
    "text",
    [
        "\ufe20",
        "\ufe20\ufe20\n",
        f"\ufe20{A}\ufe20",
        "\ufe21\ufe21\ufe21\n",
        cell("1", "[" * 100_000),
        cell("1", '{"stdout":"\\ud800"}'),
        cell("\0", '{"stdout": 1e999, "tex": 3, "file": 4, "html": null}'),
        cell("1", "9" * 5000, '{"clear":true}'),
        cell("1", cell_id="x y"),
    ],
    ids=range(9),
)
def test_odd_worksheets_are_notebooks_that_can_be_written(text: str) -> None:
    notebook = read(text.encode())
    assert read_notebook(write(notebook)) == notebook


def test_modes_and_pieces_of_a_stream_are_looked_at_once() -> None:
    (found,) = read(cell("%hide\n" * 20_000 + "x", *['{"stdout":"y"}'] * 2_000).encode()).cells
    assert found.source == "x" and json.loads(found.outputs[0])["text"] == "y" * 2_000 and len(found.outputs) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (cell("1", "{}" + "\ufe21" * 100_000), "worksheet: has more than 100000 outputs; clear its outputs"),
        ("x\n" * 200_001, "worksheet: has more than 200000 lines"),
        ("x" * (8 << 20) + "y", "worksheet: is larger than 8 MiB"),
    ],
    ids=range(3),
)
def test_a_worksheet_that_would_take_too_long_is_refused(data: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read(data.encode())


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(FormatError, match="worksheet: has 10001 cells, more than 10000; make it two"):
        read((cell("1") * 10_001).encode())
