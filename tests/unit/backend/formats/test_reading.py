"""Files of which others reported that they break an importer: each is mended or refused, in words about a cell."""

import json
from typing import Any

import nbformat
import pytest

from sagews.backend.formats.cell import CellType
from sagews.backend.formats.notebook import MOST_CELLS, read, write
from sagews.errors import FormatError


def code(**parts: Any) -> dict[str, Any]:
    """Return a code cell with these parts."""
    return {"cell_type": "code", "metadata": {}, "source": "1+1", "outputs": [], "execution_count": None} | parts


def file(*cells: Any, minor: Any = 5, **parts: Any) -> bytes:
    """Return a file of version 4 with these cells."""
    return json.dumps({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells} | parts).encode()


def test_two_cells_with_one_id_are_two_and_stay_so() -> None:  # R067, jupyter/notebook#6001
    notebook = read(file(code(id="a"), code(id="a"), code(id="a", source="2")))
    first, second, third = (cell.id for cell in notebook.cells)
    assert first == "a" and len({first, second, third}) == 3
    assert notebook.repairs[0] == "cell 2 (a) had the id of a cell before it, and has a new one"
    once = write(notebook)
    assert write(read(once)) == once and read(once).repairs == ()


@pytest.mark.parametrize("minor", [4, 5])
@pytest.mark.parametrize("bad", [None, "", "x" * 65, "a b", 7, "é", "a\n"])
def test_an_id_that_is_none_is_made_anew(bad: Any, minor: int) -> None:  # R068, jupyter/nbformat#359
    data = file(code(id=bad), code(), minor=minor)
    notebook = read(data)
    assert notebook == read(data)
    assert all(len(cell.id) == 16 for cell in notebook.cells)
    assert notebook.repairs[0] == "cell 1 had an id that is none, and has a new one"
    nbformat.validate(json.loads(write(notebook)))


def test_ids_in_a_version_that_had_none_are_kept_and_the_version_is_one_that_has_them() -> None:  # R068
    notebook = read(file(code(id="mine"), code(), minor=4))
    assert notebook.cells[0].id == "mine" and notebook.minor == 5
    nbformat.validate(json.loads(write(notebook)))


def test_a_cell_keeps_the_id_that_was_made_for_it_where_others_come_before_it() -> None:
    alone, after = read(file(code(source="x"))), read(file(code(source="y"), code(source="x")))
    assert alone.cells[0].id == after.cells[1].id


@pytest.mark.parametrize(
    ("parts", "noted"),
    [
        ({"metadata": None}, "cell 1 (a) had no metadata"),
        ({"source": None}, "cell 1 (a) had no source"),
        ({"outputs": None}, "cell 1 (a) had no list of outputs"),
        ({"execution_count": "3"}, "cell 1 (a) had no execution_count that is a number"),
        ({"outputs": [3]}, "cell 1 (a) lost output 1: it is no object"),
        (
            {"outputs": [{"output_type": "stream", "text": 5}]},
            "cell 1 (a) had a wrong text in output 1, which is empty or mended now",
        ),
        (
            {"outputs": [{"output_type": "execute_result", "data": {}, "metadata": [], "execution_count": "3"}]},
            "cell 1 (a) had a wrong metadata and execution_count in output 1",
        ),
        ({"outputs": [{"output_type": "error"}]}, "cell 1 (a) had an output without all of its members: 1"),
        ({"cell_type": "heading"}, "cell 1 (a) is of a type that is not known, and is shown as raw text"),
    ],
)  # R070, ipython/ipython#7746
def test_what_is_missing_or_null_is_mended_and_said(parts: dict[str, Any], noted: str) -> None:
    notebook = read(file(code(id="a") | parts))
    assert len(notebook.repairs) == 1 and notebook.repairs[0].startswith(noted)
    assert read(write(notebook)).repairs == (() if "cell_type" not in parts else notebook.repairs)


def test_a_wrong_member_of_an_output_costs_none_of_the_others() -> None:
    wrong = {"output_type": "error", "ename": "E", "evalue": 3, "traceback": "one"}
    (output,) = read(file(code(outputs=[wrong]))).cells[0].outputs
    assert json.loads(output) == {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["one"]}


@pytest.mark.parametrize("count", ["-0", "0", "-0.0", "3.0", "1e2"])
def test_a_count_is_what_json_has_for_a_whole_number(count: str) -> None:
    shown = '{"output_type":"execute_result","data":{},"metadata":{},"execution_count":7}'.replace("7", count)
    data = file(code(id="a")).replace(b'"outputs": []', f'"outputs": [{shown}]'.encode())
    notebook = read(data)
    assert notebook.repairs == () and notebook.cells[0].outputs == (shown,)


def test_a_source_is_text_whether_it_stood_in_lines_or_not() -> None:  # R070
    cells = [code(id="a", source="x\ny"), code(id="b", source=["x\n", "y"]), code(id="c", source=[])]
    assert [cell.source for cell in read(file(*cells)).cells] == ["x\ny", "x\ny", ""]


def test_attachments_are_kept_on_any_cell() -> None:  # R070
    picture = {"a.png": {"image/png": "aGk="}}
    data = file({"cell_type": "markdown", "id": "a", "metadata": {}, "source": "", "attachments": picture})
    assert json.loads(read(data).cells[0].attachments or "") == picture
    assert json.loads(write(read(data))) == json.loads(data) | {
        "cells": [json.loads(data)["cells"][0] | {"source": ""}]
    }


def test_outputs_of_widgets_and_of_json_are_kept() -> None:  # R071, jupyter/notebook#5437
    data = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "x"},
        "application/x": {"a": 1.0},
        "text/plain": "w",
    }
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    assert json.loads(read(file(code(id="a", outputs=[output]))).cells[0].outputs[0]) == output


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "notebook: is empty"),
        (b"\n \n", "notebook: is empty"),
        (b"\xff\xfe{\x00", "notebook: is not UTF-8 text, from byte 1 on; save it as UTF-8, and try again"),
        (
            b"<!DOCTYPE html><html>",
            "notebook: is an HTML page or XML, and not a notebook",
        ),
        (b"{}", "notebook: has no nbformat, so it is JSON but no notebook"),
        (b"[]", "notebook: is not JSON: Expecting '{', in line 1, column 1"),
        (b'{"nbformat": 99}', "notebook: is of version 99 of the format; versions 1 to 4 are read"),
        (b'{"nbformat": "4"}', 'notebook: is of version "4" of the format'),
        (b'{"nbformat": 4}', "notebook: has no list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "notebook: has no list of cells"),
        (b'{"nbformat": 4, "cells": [], "metadata": 3}', "notebook: its metadata are no object"),
        (b'{"nbformat": 4, "nbformat_minor": [], "cells": []}', "notebook: its nbformat_minor is []"),
        (b'{"nbformat": 3, "worksheets": [4]}', "worksheet 1: is no object"),
        (
            b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "outputs": 3}]}]}',
            "cell 1: its outputs",
        ),
        (b'{"a": [' + b"[" * 300, "notebook: its lists and objects are more than 200 deep"),
        (b'{"a": [' + b"0," * 2_000_001, "notebook: it has more than 2000000 values"),
        (b'{"a": ' + b"]" * 2_000_001, "notebook: it has more than 2000000 values"),
        (
            file(code(id="a", source="\n" * 150_000), code(id="b", source="\r" * 60_000)),
            "cell 2 (b): with it the sources",
        ),
        (file(*[0] * (MOST_CELLS + 1)), "notebook: has 10001 cells, more than 10000; make it two"),
        (file(code(id="a"), code(id="b", source=3)), "cell 2 (b): its source is not text"),
        (file(code(id="a"), code(id="b", source=["x", 3])), "cell 2 (b): its source is not text"),
        (file(code(id="a"), 3), "cell 2: it is no object"),
        (file(code(id="a"), code(cell_type=None)), "cell 2: it has no cell_type"),
        (file(code(id="a", outputs={})), "cell 1 (a): its outputs are no list"),
        (file(code(id="a", metadata=[1])), "cell 1 (a): its metadata are no object"),
        (file(code(id="a"), code(id="b"))[:-40], "notebook: is cut off: its JSON does not end, in line 1, column "),
        (
            file(code(), code(source="@")).replace(b'"@"', b'"\x01"'),
            "notebook: is not JSON: Invalid control",
        ),
    ],
    ids=range(27),
)  # R071
def test_what_cannot_be_read_is_refused_by_its_cell_and_cause(data: bytes, said: str) -> None:
    with pytest.raises(FormatError) as refused:
        read(data)
    assert str(refused.value).startswith(said)


def test_a_fault_of_json_is_named_by_line_and_cell() -> None:
    text = json.dumps(json.loads(file(code(), code(source="here"))), indent=1).replace('"here"', "here")
    with pytest.raises(FormatError, match=r"is not JSON: Expecting value, in line \d+, column 14, in cell 2"):
        read(text.encode())


def test_a_byte_order_mark_is_passed_over() -> None:  # R071
    assert read(b"\xef\xbb\xbf" + file(code(id="a"))).cells[0].id == "a"


def test_nan_becomes_null_and_is_said() -> None:
    data = file(code(id="a", source="NaN"), x=[float("nan"), float("-inf"), "NaN"])
    notebook = read(data)
    assert notebook.rest["x"] == '[null,null,"NaN"]' and notebook.cells[0].source == "NaN"
    assert notebook.repairs == ("NaN and Infinity, which JSON does not have, became null",)


def test_the_first_version_is_read() -> None:
    cells = [{"cell_type": "code", "code": "1+1", "prompt_number": 3}, {"cell_type": "text", "text": "hi"}]
    first, second = read(json.dumps({"nbformat": 1, "cells": cells}).encode()).cells
    assert (first.cell_type, first.source, first.execution_count) == (CellType.CODE, "1+1", 3)
    assert (second.cell_type, second.source) == (CellType.MARKDOWN, "hi")


def old(cell: dict[str, Any]) -> bytes:
    """Return a file of version 3 with one cell."""
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [cell]}]}).encode()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('{"a": [1, 2.5]}', '{"a":[1,2.5]}'),
        ("1, 2", '"1, 2"'),
        ("", '""'),
        ("{broken", '"{broken"'),
        ('"\ud800"', '"\\ud800"'),
        ([1, 2], "[1,2]"),
        (["[1,", "2]"], "[1,2]"),
        ("[" * 201 + "]" * 201, json.dumps("[" * 201 + "]" * 201)),
    ],
)
def test_json_within_an_old_output_is_kept_whatever_it_is(was: Any, becomes: str) -> None:
    shown = {"output_type": "display_data", "metadata": {}, "json": was}
    notebook = read(old({"cell_type": "code", "input": "", "outputs": [shown]}))
    assert f'"data":{{"application/json":{becomes}}}' in notebook.cells[0].outputs[0]
    assert read(write(notebook)).cells == notebook.cells


@pytest.mark.parametrize("kind", ["heading", "markdown"])
def test_an_old_source_that_is_not_text_is_refused(kind: str) -> None:
    with pytest.raises(FormatError, match="cell 1: its source is not text"):
        read(old({"cell_type": kind, "source": ["a", 3]}))


def test_an_old_notebook_that_is_too_deep_once_upgraded_is_refused() -> None:
    shown = {"output_type": "display_data", "metadata": {}, "json": "[" * 198 + "]" * 198}
    with pytest.raises(FormatError, match="more than 200 deep, upgraded to version 4"):
        read(old({"cell_type": "code", "input": "", "outputs": [shown]}))


def test_what_nbformat_wrote_is_written_with_the_same_bytes() -> None:
    v4 = nbformat.v4
    shown = v4.new_output("display_data", {"text/plain": "é", "application/json": {"a": [1, [], {}, [2.5]]}})
    cells = [v4.new_code_cell("a = 1\nb", outputs=[shown], execution_count=3), v4.new_markdown_cell("# é\n")]
    data = (nbformat.writes(v4.new_notebook(cells=cells, metadata={"a": {"b": 1.0}})) + "\n").encode()
    assert write(read(data)) == data
