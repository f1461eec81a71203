"""What an `.ipynb` says is kept exactly; what is broken is mended or refused, and never ends in anything else."""

import json
import os
from dataclasses import replace
from typing import Any

import nbformat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagews.backend.formats.ids import ID
from sagews.backend.formats.notebook import Notebook, read, write
from sagews.errors import FormatError
from tests.unit.backend.formats.files import broken, exact, notebooks, older_notebooks, written

NOTEBOOKS = 7_700 if os.environ.get("SAGEWS_PROVE") else 77
"""Notebooks that are made; of each there are 3 valid files and 10 that may be broken: 1,000 files, or 100,000."""
MANY = settings(max_examples=NOTEBOOKS, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@given(notebooks(), st.integers(0, 1))
@MANY
def test_what_was_read_is_written_as_the_same_value_and_then_as_the_same_bytes(
    notebook: dict[str, Any], shift: int
) -> None:
    for layout in (shift, shift + 2, shift + 4):
        data = written(notebook, layout).encode()
        once = write(read(data))
        assert exact(once) == exact(data)
        assert write(read(once)) == once
        assert read(once) == read(data) == read(data)
        assert read(data).repairs == ()


@given(notebooks(), st.integers(0, 2**64))
@MANY
def test_what_is_broken_is_mended_or_refused(notebook: dict[str, Any], seed: int) -> None:
    for number in range(10):
        data = broken(notebook, seed + number)
        try:
            mended = read(data)
        except FormatError as error:
            assert "\n" not in str(error)
            continue
        once = write(mended)
        assert write(read(once)) == once == write(read(data))
        check(mended)
        # Of a minor version that has unknown cells and members, so that only what is mended can be at fault.
        as_json = write(replace(mended, minor=6, as_read={}))
        nbformat.validate(valid_parts(json.loads(as_json, parse_int=small, parse_float=small)), relax_add_props=True)


def check(notebook: Notebook) -> None:
    """Check what others rely on."""
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids) and all(ID.fullmatch(each) for each in ids)
    for cell in notebook.cells:
        cell.source.encode()
        for text in (cell.metadata, cell.attachments or "{}", *cell.outputs):
            assert isinstance(exact(text), dict)


def small(text: str) -> int:
    """Return a number as one that a schema can look at."""
    return int(text) if len(text) < 20 and text.isdecimal() else 4


def valid_parts(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook without what is kept as it was, valid or not."""
    for part in (
        notebook,
        *notebook["cells"],
        *(each for cell in notebook["cells"] for each in cell.get("outputs", [])),
    ):
        part["metadata"] = {} if "metadata" in part else part.pop("metadata", {})
        part.pop("attachments", None)
        if part.get("output_type") in ("display_data", "execute_result"):
            part["data"] = {}
        elif "output_type" in part:
            del part["metadata"]
    return notebook


@given(older_notebooks())
@settings(MANY, max_examples=NOTEBOOKS)
def test_older_versions_are_upgraded_as_nbformat_does_it(older: dict[str, Any]) -> None:
    text = written(older)
    ours = json.loads(write(read(text.encode())))
    theirs = json.loads(nbformat.writes(nbformat.convert(nbformat.reads(text, as_version=nbformat.NO_CONVERT), 4)))
    for notebook in (ours, theirs):
        for cell in notebook["cells"]:
            assert cell.pop("id")
        for name in (
            "orig_nbformat",
            "orig_nbformat_minor",
        ):  # "This should never be written to a file", its schema says
            notebook["metadata"].pop(name, None)
    assert joined(ours) == joined(theirs)


def joined(value: Any) -> Any:
    """Return a value with lists of strings as one."""
    if isinstance(value, dict):
        return {name: joined(part) for name, part in value.items()}
    if isinstance(value, list):
        return "".join(value) if all(isinstance(part, str) for part in value) else [joined(part) for part in value]
    return value
