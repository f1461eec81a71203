"""`sagews convert`: files of the user's, in and out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sagews.backend.convert import convert
from sagews.backend.formats.cell import CellType
from sagews.backend.formats.conversion import READERS, WRITERS
from sagews.backend.formats.notebook import read
from sagews.command_line import app
from sagews.errors import ConfigurationError, FormatError

CELL = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1+1", "outputs": [], "execution_count": None}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a notebook."""
    file = tmp_path / "in.ipynb"
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}))
    return file


def run(source: Path, target: Path, *, overwrite: bool = False, **formats: str) -> list[str]:
    """Convert, and return what was said."""
    said: list[str] = []
    convert(source, target, formats.get("read_as"), formats.get("write_as"), overwrite=overwrite, say=said.append)
    return said


@pytest.mark.parametrize("end", ["ipynb", "py", "md", "html", "ptx"])
def test_a_notebook_goes_into_each_format(source: Path, tmp_path: Path, end: str) -> None:
    assert run(source, tmp_path / f"out.{end}") == []
    assert b"+" in (tmp_path / f"out.{end}").read_bytes()
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    if end != "html":
        run(tmp_path / f"out.{end}", tmp_path / "back.ipynb")
        cells = read((tmp_path / "back.ipynb").read_bytes()).cells
        assert [cell.source for cell in cells if cell.cell_type is CellType.CODE] == ["1+1"]


def test_a_format_can_be_named(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "out", write_as="myst")
    assert "```{code-cell}" in (tmp_path / "out").read_text()
    run(tmp_path / "out", tmp_path / "light.txt", read_as="myst", write_as="light")
    assert (tmp_path / "light.txt").read_text().endswith("\n1+1\n")


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(source: Path, tmp_path: Path) -> None:
    there = tmp_path / "out.py"
    there.write_text("mine")
    there.chmod(0o600)
    with pytest.raises(
        ConfigurationError, match=r"out\.py: is there already; choose another name, or give --overwrite"
    ):
        run(source, there)
    assert there.read_text() == "mine"
    run(source, there, overwrite=True)
    assert there.read_text() != "mine" and there.stat().st_mode & 0o777 == 0o600


def test_a_file_that_came_meanwhile_is_not_replaced(source: Path, tmp_path: Path) -> None:
    source.write_text(source.read_text().replace('"id": "a", ', ""))
    target = tmp_path / "out.md"

    def say(_: str) -> None:
        target.write_text("mine")

    with pytest.raises(ConfigurationError, match=r"out\.md: is there already"):
        convert(source, target, None, None, overwrite=False, say=say)
    assert target.read_text() == "mine" and len(list(tmp_path.iterdir())) == 2


def test_a_link_stays_and_the_file_it_leads_to_is_replaced(source: Path, tmp_path: Path) -> None:
    file, link = tmp_path / "real.py", tmp_path / "out.py"
    file.write_text("old")
    link.symlink_to("real.py")
    with pytest.raises(ConfigurationError, match="is there already"):
        run(source, link)
    run(source, link, overwrite=True)
    assert link.is_symlink() and "1+1" in file.read_text()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_regular_file_is_neither_read_nor_replaced(source: Path, tmp_path: Path, overwrite: bool) -> None:
    pipe, link = tmp_path / "pipe.ipynb", tmp_path / "link.ipynb"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for target in (pipe, link):
        with pytest.raises(ConfigurationError, match="is there, and is no regular file"):
            run(source, target, overwrite=overwrite)
    assert pipe.is_fifo() and link.is_symlink()
    with pytest.raises(ConfigurationError, match="is no regular file; write it to a file"):
        run(pipe, tmp_path / "out.md")
    for paths in ((source, Path("-")), (Path("-"), tmp_path / "out.md")):
        with pytest.raises(ConfigurationError, match="-: is no file: streams are neither read nor written"):
            run(*paths, overwrite=overwrite, write_as="markdown", read_as="ipynb")


def test_what_was_mended_is_said(source: Path, tmp_path: Path) -> None:
    source.write_text(source.read_text().replace('"id": "a", ', ""))
    assert run(source, tmp_path / "out.md") == [f"{source}: cell 1 had no id, and has one now"]


def test_a_file_that_cannot_be_read_leaves_nothing(source: Path, tmp_path: Path) -> None:
    source.write_text(source.read_text().replace('"1+1"', "7"))
    with pytest.raises(FormatError) as refused:
        run(source, tmp_path / "out.md")
    assert str(refused.value).startswith(f"{source}: cell 1 (a): its source is not text")
    assert [file.name for file in tmp_path.iterdir()] == ["in.ipynb"]


@pytest.mark.parametrize(
    ("names", "formats", "said"),
    [
        (("no.ipynb", "out.md"), {}, "cannot be read: No such file or directory"),
        (("in.ipynb", "no/out.md"), {}, "cannot be written: No such file or directory"),
        (("in.ipynb", "out.pdf"), {}, "it is not clear in which format it is to be written; name one of ipynb, html"),
        (("in.ipynb", "out.sagews"), {}, "it is not clear in which format it is to be written"),
        (("in.ipynb", "out.md"), {"read_as": "html"}, "--from: there is no format 'html'; name one of ipynb, sagews"),
        (("in.ipynb", "out.md"), {"write_as": "pdf"}, "--to: there is no format 'pdf'"),
    ],
)
def test_paths_and_formats_that_do_not_work_are_named(
    source: Path, names: tuple[str, str], formats: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        run(source.parent / names[0], source.parent / names[1], **formats)
    assert said in str(refused.value)


def test_the_command_ends_with_a_status_and_one_line(source: Path, tmp_path: Path) -> None:
    def command(*arguments: object) -> tuple[int, str]:
        line = [sys.executable, "-m", "sagews", "convert", *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    assert command(source, tmp_path / "out.html") == (0, "")
    source.write_text("{")
    assert command(source, tmp_path / "out.md") == (
        1,
        f"sagews: {source}: notebook: is cut off: its JSON does not end, in line 1, column 2; bring the whole file\n",
    )


def test_formats_of_the_command_are_those_that_its_help_names() -> None:
    said = CliRunner().invoke(app, ["convert", "--help"]).output
    assert [name for name in {*READERS, *WRITERS} if name not in said] == []
