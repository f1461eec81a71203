"""Outputs as text: which form of a result is printed, and on which stream."""

import json
from pathlib import Path
from typing import Any

import pytest

from sagews.client.events import Gap, Output, Truncated
from sagews.client.figures import Figures
from sagews.client.printer import Printer, readable


def output(kind: str, **content: Any) -> Output:
    return Output(output_kind=kind, body=json.dumps(content))


@pytest.fixture
def printer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Printer:
    return Printer(Figures(tmp_path))


def test_streams_go_where_they_came_from(printer: Printer, capsys: pytest.CaptureFixture[str]) -> None:
    printer.print(output("stream", name="stdout", text="out"))
    printer.print(output("stream", name="stderr", text="err"))
    assert capsys.readouterr() == ("out", "err")


def test_a_result_is_a_line_on_stdout(printer: Printer, capsys: pytest.CaptureFixture[str]) -> None:
    printer.print(output("execute_result", data={"text/plain": "2"}, execution_count=1))
    assert capsys.readouterr() == ("2\n", "")


def test_a_traceback_goes_to_stderr_without_colours(printer: Printer, capsys: pytest.CaptureFixture[str]) -> None:
    printer.print(output("error", ename="E", evalue="x", traceback=["\x1b[31mline 1\x1b[0m", "E: x"]))
    printer.print(output("error", ename="E", evalue="x", traceback=[]))
    assert capsys.readouterr() == ("", "line 1\nE: x\nE: x\n")


def test_a_figure_is_named_on_stderr(printer: Printer, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    printer.print(output("display_data", data={"image/png": "AAAA", "text/plain": "<Figure size 1x1>"}))
    assert capsys.readouterr() == ("", f"sagews: figure in {tmp_path / 'figure-1.png'}\n")


def test_what_is_missing_is_said(printer: Printer, capsys: pytest.CaptureFixture[str]) -> None:
    printer.print(Truncated(limit=8388608))
    printer.print(Gap(events=3, bytes=1000))
    said = capsys.readouterr().err
    assert "8,388,608 bytes" in said
    assert "3 events (1,000 bytes) are missing" in said


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text/plain": "x", "text/latex": "$x$"}, "x"),
        ({"text/plain": "<IPython.core.display.Markdown object>", "text/markdown": "**b**"}, "**b**"),
        ({"text/plain": "<IPython.core.display.JSON object>", "application/json": {"a": 1}}, '{\n  "a": 1\n}'),
        ({"text/plain": "<object>"}, "<object>"),
        ({"text/plain": 7}, ""),
        ({}, ""),
    ],
)
def test_the_form_that_can_be_read_is_printed(data: dict[str, Any], text: str) -> None:
    assert readable(data) == text


@pytest.mark.parametrize("body", ["", "[]", '{"data": 7}', '{"data": {"text/plain": ["x"]}}', '{"traceback": 7}'])
@pytest.mark.parametrize("kind", ["stream", "display_data", "execute_result", "error", "clear_output", "unheard_of"])
def test_a_hostile_body_breaks_nothing(printer: Printer, kind: str, body: str) -> None:
    printer.print(Output(output_kind=kind, body=body))
