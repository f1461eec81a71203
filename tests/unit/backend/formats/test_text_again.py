"""What goes out as text or as PreTeXt comes in again: the same cells, and then the same file."""

import os
from textwrap import dedent
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagews.backend.formats import pretext, pretext_page, text
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from sagews.errors import FormatError

GENERATED = 5_000 if os.environ.get("SAGEWS_PROVE") else 50
MANY = settings(max_examples=GENERATED, deadline=None, suppress_health_check=list(HealthCheck), database=None)
WORDS = st.sampled_from(
    ["x = 1", "λόγος", "数学", "👩‍👩‍👧‍👦", "\n", "\n\n", "    y", "# a", "<b> & ]]>", "'''", "é", "$x$", "- z"]
)
SOURCE = st.lists(WORDS, min_size=1, max_size=6).map("".join).filter(str.strip)


@st.composite
def plain(draw: st.DrawFn) -> Notebook:
    """Make a notebook of cells with a source each."""
    kinds = draw(st.lists(st.sampled_from(list(CellType)), min_size=1, max_size=4))
    return Notebook(cells=tuple(Cell(f"c{n}", kind, draw(SOURCE)) for n, kind in enumerate(kinds)))


def told(notebook: Notebook) -> list[tuple[Any, str]]:
    """Return its cells without the blank lines around them."""
    return [(cell.cell_type, cell.source.strip("\n")) for cell in notebook.cells]


@given(plain())
@MANY
def test_text_that_is_written_is_read_as_the_same_cells_and_written_as_the_same_bytes(notebook: Notebook) -> None:
    for name in text.FORMATS:
        try:
            data = text.write(notebook, name)
        except FormatError as error:
            assert f"cannot be written as {name}" in str(error)
            continue
        found = text.read(data, name)
        assert told(found) == told(notebook)
        if all(cell.source == cell.source.strip("\n") for cell in notebook.cells):
            assert text.write(found, name) == data


@given(plain())
@MANY
def test_code_that_goes_out_as_pretext_comes_in_again(notebook: Notebook) -> None:
    data = pretext_page.write(notebook)
    # What all lines are indented by is the document's.
    code = [code_of(source) for kind, source in told(notebook) if kind is CellType.CODE]
    try:
        found = pretext.read(data)
    except FormatError as error:
        assert not code and "no <sage> element" in str(error)
        return
    assert [source for kind, source in told(found) if kind is CellType.CODE] == code


def code_of(source: str) -> str:
    return dedent("\n".join(map(str.rstrip, source.splitlines()))).strip("\n")
