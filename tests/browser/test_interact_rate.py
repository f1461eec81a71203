"""A slider that is dragged over a slow function: the last value is shown soon, one output, no run too many."""

import json
import time

import pytest
from playwright.sync_api import expect

from tests.browser.controls import frame_of, way
from tests.browser.reader import Reader

SLOW = 0.2
"""Seconds that each run takes."""
MOVES = 40
DRAG = 2.0
OURS = "from sagews.session.interact.names import names\ninteract = names()['interact']\n"
THEIRS = "from ipywidgets import interact\n"
CODE = f"""
import time
runs = []
@interact
def slow(n=(0, 1000)):
    runs.append((time.time(), n))
    time.sleep({SLOW})
    print('n is', n)
"""
SHOW = "import json; print(json.dumps(runs))"


@pytest.mark.parametrize("head", [OURS, THEIRS], ids=["sage", "ipywidgets"])
def test_a_slow_function_is_not_overrun(reader: Reader, head: str) -> None:
    outputs = reader.evaluate(head + CODE)
    frame = frame_of(outputs, 0)
    expect(frame.locator("pre")).to_contain_text("n is")
    handle = frame.get_by_role("slider")
    if head == THEIRS:  # It begins in the middle.
        handle.press("Home")
        expect(frame.locator("pre")).to_contain_text("n is 0")
    reader.add_cell()
    reader.evaluate("runs.clear()", 1)
    x, y, to_x, to_y = way(handle, up=True)
    mouse = reader.page.mouse
    mouse.move(x, y)
    mouse.down()
    for move in range(1, MOVES + 1):
        mouse.move(x + (to_x - x) * move / MOVES, y + (to_y - y) * move / MOVES)
        reader.page.wait_for_timeout(DRAG * 1000 / MOVES)
    released = time.time()
    mouse.up()
    expect(frame.locator("pre")).to_contain_text("n is 1000")
    expect(frame.locator("pre")).to_have_count(1)
    expect(outputs.locator("iframe")).to_have_count(1)
    expect(outputs.locator(".output")).to_have_count(1)
    printed = reader.evaluate(SHOW, 1).locator("sagews-stream").inner_text()
    runs = [(at, value) for at, value in json.loads(printed)]
    values = [value for _, value in runs]
    # Some are seen on the way; of those that a run missed only the newest has one; no value comes after a newer one.
    assert 2 <= len(runs) <= (released - runs[0][0]) / SLOW + 2
    assert values == sorted(set(values)) and values[-1] == 1000
    # Nothing has piled up: when the slider is let go, one run may be under way and one more be due.
    assert len([at for at, _ in runs if at > released]) <= 2
