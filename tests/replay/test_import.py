"""Files of which others reported that they break an importer, brought in over HTTP and opened by a page."""

import json
from typing import Any

import pytest

from tests.replay.worksheets import nothing_is_left, owner, server, workshop, workspace
from tests.site.worksheets.editor import Editor, notebook, put
from tests.site.workspaces.house import Person

__all__ = ["nothing_is_left", "owner", "server", "workshop", "workspace"]

Cell = dict[str, Any]


def code(**parts: Any) -> Cell:
    return {"cell_type": "code", "metadata": {}, "source": "1+1", "outputs": [], "execution_count": None} | parts


def file(*cells: Any, minor: int = 5, version: int = 4) -> bytes:
    return json.dumps({"nbformat": version, "nbformat_minor": minor, "metadata": {}, "cells": cells}).encode()


FIRST = {"nbformat": 1, "cells": [{"cell_type": "code", "code": "1+1"}, {"cell_type": "text", "text": "hi"}]}
WIDGET = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "w"},
}
PICTURE = {"a.png": {"image/png": "aGk="}}
TEXT = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "![](attachment:a.png)", "attachments": PICTURE}

GOOD: dict[str, tuple[bytes, list[str]]] = {
    # jupyter/notebook#6001
    "two-of-one-id": (file(code(id="a"), code(id="a"), code(id="a", source="2")), ["1+1", "1+1", "2"]),
    # jupyter/nbformat#359
    "no-ids": (file(code(), code(source="2")), ["1+1", "2"]),
    "ids-too-early": (file(code(id="mine"), code(), minor=4), ["1+1", "1+1"]),
    "id-null": (file(code(id=None)), ["1+1"]),
    "id-long": (file(code(id="x" * 65)), ["1+1"]),
    # ipython/ipython#7746
    "metadata-null": (file(code(id="a", metadata=None)), ["1+1"]),
    "source-null": (file(code(id="a", source=None)), [""]),
    "outputs-null": (file(code(id="a", outputs=None)), ["1+1"]),
    "source-lines": (file(code(id="a", source=["x\n", "y"]), code(id="b", source="x\ny")), ["x\ny", "x\ny"]),
    "attachments": (file(TEXT), ["![](attachment:a.png)"]),
    # jupyter/notebook#5437, #5228
    "widget": (file(code(id="a", outputs=[WIDGET])), ["1+1"]),
    "version-1": (json.dumps(FIRST).encode(), ["1+1", "hi"]),
    "byte-order-mark": (b"\xef\xbb\xbf" + file(code(id="a")), ["1+1"]),
}


@pytest.mark.parametrize("name", GOOD)
async def test_what_can_be_mended_is_a_worksheet(owner: Person, workspace: str, name: str) -> None:
    """Put a notebook with that fault, and open it: its cells are there, the file stays as it is until it is edited.

    Saved after an edit, it is a notebook with an id for each cell, and stays that with every further save.
    """
    data, sources = GOOD[name]
    await put(owner, f"{workspace}/files/odd.ipynb", data, await newest(owner, workspace))
    one, two = Editor(workspace, "odd.ipynb"), Editor(workspace, "odd.ipynb")
    async with one.at(owner.one), two.at(owner.two):
        assert one.sources == two.sources == sources and one.worksheet == two.worksheet
        ids = [cell["id"] for cell in one.cells]
        assert len(set(ids)) == len(ids)
        snapshot = {"path": "odd.ipynb"}
        await owner.ask("POST", f"{workspace}/snapshots", 200, json=snapshot)
        assert (await owner.fetch(f"{workspace}/files/odd.ipynb"))[1] == data
        one.write(0, 0, "é")
        await one.send_all()
        await owner.ask("POST", f"{workspace}/snapshots", 200, json=snapshot)
        once = json.loads((await owner.fetch(f"{workspace}/files/odd.ipynb"))[1])
        assert [cell["id"] for cell in once["cells"]] == ids
        if name == "widget":
            assert once["cells"][0]["outputs"] == [WIDGET]
        if name == "attachments":
            assert once["cells"][0]["attachments"] == PICTURE
        one.erase(0, 0, 1)
        await one.send_all()
        await owner.ask("POST", f"{workspace}/snapshots", 200, json=snapshot)
        again = json.loads((await owner.fetch(f"{workspace}/files/odd.ipynb"))[1])
        assert [cell["id"] for cell in again["cells"]] == ids


BAD: dict[str, tuple[bytes, str]] = {
    "version-99": (file(code(), version=99), "version 99"),
    "html": (b"<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
    "cut": (file(code(id="a"), code(id="b"))[:-40], "cut off"),
    "source-number": (file(code(id="a"), code(id="b", source=3)), "cell 2 (b)"),
    "metadata-list": (file(code(id="a", metadata=[1])), "cell 1 (a)"),
    "cell-number": (file(code(id="a"), 7), "cell 2"),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_cannot_be_mended_is_refused_in_plain_words(owner: Person, workspace: str, name: str) -> None:
    """Put a file that is none, and open it: it is refused with cell and cause, and the file is there as it was."""
    data, cause = BAD[name]
    version = await put(owner, f"{workspace}/files/odd.ipynb", data, await newest(owner, workspace))
    one = Editor(workspace, "odd.ipynb")
    async with one.connection(owner.one):
        refused = await one.open()
        assert (refused["kind"], refused["code"]) == ("failure", "unusable_file"), refused
        assert cause in refused["what"] and "Traceback" not in refused["what"] and refused["hint"]
        await owner.ask("POST", f"{workspace}/snapshots", 404, json={"path": "odd.ipynb"})
        assert (await owner.fetch(f"{workspace}/files/odd.ipynb"))[1] == data
        await put(owner, f"{workspace}/files/odd.ipynb", notebook("2").encode(), version)
        assert (await one.open())["kind"] == "worksheet_opened" and one.sources == ["2"]


async def newest(owner: Person, workspace: str) -> str:
    return str((await owner.ask("GET", workspace, 200))["version"])
