"""Notebooks as worksheets and back: what was not changed is written as it was, byte by byte."""

import json
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagews.backend.formats.notebook import read, write
from sagews.backend.worksheets.document import Document, made
from sagews.backend.worksheets.notebooks import Shown, notebook_of, values_of, written
from sagews.backend.worksheets.values import CellValues, WorksheetValues
from tests.unit.backend.formats.files import notebooks
from tests.unit.backend.formats.files import written as laid_out

EXAMPLES = 100_000 if os.environ.get("SAGEWS_PROVE") else 300


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(notebooks(), st.integers(0, 5))
def test_what_is_not_changed_is_written_as_it_was(content: dict[str, Any], layout: int) -> None:
    data = laid_out(content, layout).encode()
    notebook = read(data)
    values = values_of(notebook)
    document = Document()
    document.take_kept(made(values))
    assert document.values() == values
    again = notebook_of(document.values(), notebook)
    assert write(again) == write(notebook) and written(again, notebook, data) == data


def test_what_is_changed_is_changed_alone() -> None:
    cells = [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {"z": 1.0, "a": 2},
            "source": ["x\n"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}],
            "execution_count": 3,
        },
        {"cell_type": "poem", "id": "b", "metadata": {}, "source": "y", "rhyme": 1e300},
    ]
    data = json.dumps(
        {"cells": cells, "metadata": {"\ud800": 1, "k": 2}, "nbformat": 4, "nbformat_minor": 6, "x": 10**30}
    ).encode()
    base = read(data)
    values = values_of(base)
    one, two = values.cells
    one = CellValues("a", "code", "x + 1\n", {**one.metadata, "b": "3", "z": "9"})
    changed = WorksheetValues((two, one), {"k": "5"}, values.rest)
    notebook = json.loads(written(notebook_of(changed, base), base, data))
    assert [cell["id"] for cell in notebook["cells"]] == ["b", "a"]
    assert (
        notebook["cells"][0] == cells[1] and notebook["metadata"] == {"\ud800": 1, "k": 5} and notebook["x"] == 10**30
    )
    assert list(notebook["cells"][1]["metadata"].items()) == [("z", 9), ("a", 2), ("b", 3)]
    assert notebook["cells"][1]["source"] == ["x + 1\n"] and notebook["cells"][1]["outputs"] == cells[0]["outputs"]
    shown = {"a": Shown(('{"output_type":"error","ename":"E","evalue":"","traceback":[]}',), 7)}
    again = json.loads(write(notebook_of(changed, base, shown)))["cells"][1]
    assert again["execution_count"] == 7 and again["outputs"][0]["ename"] == "E"
    turned = WorksheetValues((CellValues("a", "markdown", "x\n"),))
    assert "outputs" not in json.loads(write(notebook_of(turned, base)))["cells"][0]


def test_a_worksheet_of_no_file_has_ids() -> None:
    values = WorksheetValues((CellValues("a", "code", "1"),), {"title": '"é"'}, {"nbformat_minor": "2"})
    notebook = json.loads(written(notebook_of(values), None, None))
    assert (
        notebook["cells"][0]["id"] == "a" and notebook["nbformat_minor"] == 5 and notebook["metadata"]["title"] == "é"
    )


def test_a_file_without_ids_gets_them_when_it_is_changed() -> None:
    data = write(
        read(
            b'{"cells": [{"cell_type": "raw", "metadata": {}, "source": "s"}],'
            b' "metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
        )
    )
    base = read(data)
    values = values_of(base)
    assert written(notebook_of(values, base), base, data) == data
    changed = WorksheetValues((*values.cells, CellValues("n", "raw", "t")), values.metadata, values.rest)
    ids = [cell["id"] for cell in json.loads(written(notebook_of(changed, base), base, data))["cells"]]
    assert ids == [values.cells[0].id, "n"]
