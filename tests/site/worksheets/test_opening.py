"""Files become worksheets: made once, with what they showed; what is no notebook is refused with its cause."""

import json
from typing import Any

import pytest

from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.evaluations import Evaluations
from sagews.database.outputs import Outputs
from tests.postgresql import PASSWORD
from tests.site.worksheets.editor import Editor, put
from tests.site.workspaces.house import House, Person

EMPTY = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.mark.parametrize("content", [EMPTY, b"", b" \n"], ids=["notebook", "nothing", "blank"])
async def test_an_empty_file_is_an_empty_worksheet(owner: Person, workspace: str, content: bytes) -> None:
    await put(owner, f"{workspace}/files/new.ipynb", content)
    one = Editor(workspace, "new.ipynb")
    async with one.at(owner.one):
        assert one.sources == [] and one.role == "owner"
        one.add_cell("1 + 1")
        await one.send_all()
    two = Editor(workspace, "new.ipynb")
    async with two.at(owner.two):
        assert two.sources == ["1 + 1"]


async def test_metadata_are_text_of_json(owner: Person, workspace: str) -> None:
    cell = {"id": "m", "cell_type": "markdown", "metadata": {"x": 1.0}, "source": ["# a\n", "b"], "odd": 10**30}
    cell["attachments"] = {"a.png": {"image/png": "AAAA"}}
    content = {"cells": [cell], "metadata": {"k": {"n": 1e300}}, "nbformat": 4, "nbformat_minor": 5, "y": None}
    await put(owner, f"{workspace}/files/meta.ipynb", json.dumps(content).encode())
    one = Editor(workspace, "meta.ipynb")
    async with one.at(owner.one):
        (known,) = one.cells
        assert (known["id"], known["cell_type"], str(known["source"])) == ("m", "markdown", "# a\nb")
        assert known["metadata"].to_py() == {"x": "1.0"} and known["rest"].to_py() == {"odd": str(10**30)}
        assert json.loads(known["attachments"]["a.png"]) == {"image/png": "AAAA"}
        assert one.meta["metadata"].to_py() == {"k": '{"n":1e+300}'} and one.meta["rest"]["y"] == "null"


BAD: dict[str, tuple[bytes, str]] = {
    "cut": (b'{"cells": [{"cell_type": "code", "source": "1', "cell 1"),
    "list": (b"[]", "notebook"),
    "text": (b"hello", "line 1"),
    "no-cells": (b'{"nbformat": 4}', "no list of cells"),
    "cell": (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ""}, 7]}', "cell 2"),
    "bytes": (b"\xff\xfe", "UTF-8"),
    "old": (b'{"nbformat": 17, "cells": []}', "version 17"),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_notebook_is_refused_with_its_cause(owner: Person, workspace: str, name: str) -> None:
    content, cause = BAD[name]
    version = await put(owner, f"{workspace}/files/bad.ipynb", content)
    one = Editor(workspace, "bad.ipynb")
    async with one.connection(owner.one):
        refused = await one.open()
        assert (refused["kind"], refused["code"]) == ("failure", "unusable_file")
        assert cause in refused["what"] and refused["noun"] == "file bad.ipynb" and refused["hint"]
        # Mended, it opens: nothing was kept of it.
        await put(owner, f"{workspace}/files/bad.ipynb", EMPTY, version)
        assert (await one.open())["kind"] == "worksheet_opened"


async def test_another_file_is_no_worksheet(owner: Person, workspace: str) -> None:
    await put(owner, f"{workspace}/files/a.txt", EMPTY)
    one = Editor(workspace, "a.txt")
    async with one.connection(owner.one):
        assert (await one.open())["code"] == "unusable_file"


async def test_what_a_file_showed_is_there_as_evaluations_that_have_ended(
    study: House, owner: Person, workspace: str
) -> None:
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "λ"]},
        {"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}, "execution_count": 3},
        {"output_type": "display_data", "data": {"image/png": "x" * 5000}, "metadata": {"w": 1.0}},
    ]
    failed = [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]
    cells = [
        {"id": "one", "cell_type": "code", "metadata": {}, "source": "1+1", "outputs": outputs, "execution_count": 3},
        {"id": "text", "cell_type": "markdown", "metadata": {}, "source": "x"},
        {"id": "none", "cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None},
        {"id": "two", "cell_type": "code", "metadata": {}, "source": "é", "outputs": failed, "execution_count": 4},
    ]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    await put(owner, f"{workspace}/files/shown.ipynb", json.dumps(content).encode())
    one, two = Editor(workspace, "shown.ipynb"), Editor(workspace, "shown.ipynb")
    async with one.at(owner.one), two.at(owner.two):
        assert one.worksheet == two.worksheet
    settings = study.cast._described
    database = Database(Site(data_directory=settings.data_directory, database=settings.database), PASSWORD)
    try:
        latest = await Evaluations(database).latest(one.worksheet)
        assert {name: (each.state, each.reason) for name, each in latest.items()} == {
            "one": ("ended", "done"),
            "two": ("ended", "error"),
        }
        assert {each.session for each in latest.values()} == {f"import-{one.worksheet}"}
        kept = await Outputs(database).of_evaluation(latest["one"].id)
        assert [each.kind for each in kept] == [output["output_type"] for output in outputs]
        bodies = [json.loads(each.body) for each in kept]
        assert bodies == [
            {name: value for name, value in output.items() if name != "output_type"} for output in outputs
        ]
        again = await Evaluations(database).get(latest["two"].id)
        assert again is not None and again.source == "é".encode()
        assert await Outputs(database).last(f"import-{one.worksheet}") == 4
    finally:
        await database.close()
