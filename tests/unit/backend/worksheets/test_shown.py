"""What a file has of the outputs of an evaluation."""

import json
from typing import Any

import pytest

from sagews.backend.worksheets.notebooks import Shown
from sagews.backend.worksheets.shown import Showing, cut


def shown(*outputs: dict[str, Any], most: int = 1000) -> tuple[list[Any], int | None]:
    showing = Showing(most)
    for output in outputs:
        body = {name: value for name, value in output.items() if name != "kind"}
        showing.add(output["kind"], json.dumps(body).encode())
    found = showing.shown()
    return [json.loads(each) for each in found.outputs], found.count


def stream(text: str, name: str = "stdout", kind: str = "stream") -> dict[str, Any]:
    return {"kind": kind, "name": name, "text": text}


def display(text: str, name: str = "", kind: str = "display_data", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": name}, **more}


def texts(outputs: list[Any]) -> list[str]:
    return ["".join(each["text"]) if "text" in each else each["data"]["text/plain"] for each in outputs]


def test_text_that_goes_on_is_one_output() -> None:
    outputs, _ = shown(stream("1\n2"), stream("3\n"), stream("no", "stderr"), stream("late", kind="late_stream"))
    assert texts(outputs) == ["1\n23\n", "no", "late"] and outputs[0]["text"] == ["1\n", "23\n"]


def test_what_was_cleared_is_not_there() -> None:
    assert texts(shown(stream("1"), {"kind": "clear_output", "wait": False}, stream("2"))[0]) == ["2"]
    waits = {"kind": "clear_output", "wait": True}
    assert texts(shown(stream("1"), waits)[0]) == ["1"] and texts(shown(stream("1"), waits, stream("2"))[0]) == ["2"]


def test_what_was_changed_later_is_as_it_is_then() -> None:
    later = display("2", "a", "update_display_data")
    outputs, _ = shown(display("1", "a"), display("x", "b"), later, display("3", "none", "update_display_data"))
    assert texts(outputs) == ["2", "x"] and "transient" not in outputs[0]


def test_a_result_has_its_count_and_an_error_its_parts() -> None:
    error = {"kind": "error", "ename": "E", "evalue": "v", "traceback": ["t"], "cells": {}}
    outputs, count = shown(display("1", kind="execute_result", execution_count=3), error)
    assert count == 3 and outputs[0]["execution_count"] == 3
    assert outputs[1] == {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]}


def test_what_is_too_much_is_cut_and_said() -> None:
    outputs, _ = shown(stream("é" * 30), display("x" * 1000), stream("more"), most=50)
    assert texts(outputs)[0] == "é" * 25 and "bytes of output are not in this file" in texts(outputs)[1]
    # What is cleared later took no room.
    cleared = {"kind": "clear_output", "wait": False}
    assert texts(shown(stream("x" * 100), cleared, stream("kept"), most=50)[0]) == ["kept"]
    (only,) = cut(Shown(("x" * 100,), 7), 99).outputs
    assert "[100 bytes" in only and cut(Shown(("x" * 100,), 7), 100).outputs == ("x" * 100,)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"name": 1}', b'{"text": {"a": NaN}}', b"[" * 100_000, b'{"a":' * 9999]
)
@pytest.mark.parametrize(
    "kind", ["stream", "display_data", "execute_result", "error", "clear_output", "comm_msg", "gap"]
)
def test_hostile_bodies_make_valid_outputs_or_none(kind: str, body: bytes) -> None:
    showing = Showing()
    showing.add(kind, body)
    for output in showing.shown().outputs:
        found = json.loads(output)
        assert isinstance(found["output_type"], str)
        assert kind not in ("stream", "gap") or isinstance(found["name"], str)
