"""Whatever a notebook file is, the whole of it is a worksheet, or is refused in words about a cell and a cause."""

import os
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagews.backend.formats.notebook import read
from sagews.backend.worksheets.document import Document
from sagews.backend.worksheets.importing import Import, imported
from sagews.backend.worksheets.notebooks import notebook_of, written
from sagews.errors import FormatError, WorksheetError
from tests.unit.backend.formats.files import broken, notebooks, older_notebooks
from tests.unit.backend.formats.files import written as laid_out

NOTEBOOKS = 10_000 if os.environ.get("SAGEWS_PROVE") else 100
"""Notebooks that are made; of each there are ten files, of which nine may be broken: 1,000 files, or 100,000."""
NOUN = re.compile(r"(cell|worksheet) \d+( \([A-Za-z0-9_-]+\))?|notebook")


@settings(max_examples=NOTEBOOKS, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.one_of(notebooks(), notebooks(), older_notebooks()), st.integers(0, 2**64))
def test_any_file_is_a_worksheet_or_refused_by_its_cell_and_cause(notebook: dict[str, Any], seed: int) -> None:
    files = [laid_out(notebook, seed % 6).encode(), *(broken(notebook, seed + number) for number in range(9))]
    assert check(files[0])
    for data in files[1:]:
        check(data)


def check(data: bytes) -> bool:
    """Return whether a file is a worksheet, which is then the whole of it."""
    try:
        made = imported(data)
    except (FormatError, WorksheetError) as error:
        assert NOUN.fullmatch(error.noun) and error.what, error
        assert "\n" not in str(error)
        return False
    if not data.strip():
        return True
    notebook = read(data)
    values = values_of(made)
    assert [(cell.id, cell.source) for cell in values.cells] == [(cell.id, cell.source) for cell in notebook.cells]
    assert written(notebook_of(values, notebook), notebook, data) == data
    shows = {each.cell for each in made.shown}
    assert shows <= {cell.id for cell in notebook.cells if cell.outputs}
    # Read again, by any backend, it is the same.
    again = imported(data)
    assert values_of(again) == values and again.shown == made.shown
    return True


def values_of(made: Import) -> Any:
    """Return what the worksheet has."""
    document = Document()
    document.take_kept(made.base)
    return document.values()
