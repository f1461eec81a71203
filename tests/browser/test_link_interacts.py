"""Links that carry what the controls of interacts stand at, and their bookmarks."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.reader import Reader
from tests.browser.test_interact_controls import PHONE
from tests.browser.test_link import packed, short_link
from tests.browser.test_widgets import view

CODE = (
    "from sagews.session.interact.names import names; globals().update(names())\n"
    "@interact\ndef f(x=(0, 10, 1), n=['one', 'two']):\n    print('it is', x, n)\n"
    "f._bookmark('far', {'x': 9})"
)


def says(frame: FrameLocator, words: str) -> None:
    expect(frame.locator("body")).to_contain_text(words)


def link_with(states: Any) -> str:
    return f"?z={packed(CODE)}&interacts={packed(states if isinstance(states, str) else json.dumps(states))}"


@pytest.fixture
def moved(enter: Callable[..., Reader]) -> Reader:
    """Return a reader who has moved a slider and pressed a button, in the second of two cells."""
    reader = enter()
    reader.write("1 + 1")
    reader.add_cell()
    outputs = reader.evaluate(CODE, place=1)
    frame = view(outputs)
    frame.get_by_role("slider").press("ArrowRight")
    says(frame, "it is 1 one")
    frame.get_by_role("button", name="two").click()
    says(frame, "it is 1 two")
    return reader


def test_a_link_has_controls_stand_as_they_stood(moved: Reader, enter: Callable[..., Reader]) -> None:
    moved.page.get_by_role("button", name="Link", exact=True).click()
    expect(moved.page.get_by_role("dialog")).to_contain_text("The controls will stand there as they stand here.")
    query = urlsplit(moved.page.get_by_role("textbox", name="Link").input_value()).query
    text = zlib.decompress(base64.urlsafe_b64decode(parse_qs(query)["interacts"][0] + "==")).decode()
    state = {"x": 1, "n": 1}
    assert json.loads(text) == [{"cell": 1, "state": state, "bookmarks": [{"name": "far", "state": {"x": 9}}]}]
    other = enter("?" + query)
    other.await_notice("It brings values for controls")
    other.button("Evaluate", 1).click()
    frame = view(other.outputs(1))
    says(frame, "it is 1 two")
    frame.get_by_role("button", name="far").click()
    says(frame, "it is 9 two")
    other.reload()
    frame = view(other.outputs(1))
    says(frame, "it is 9 two")
    expect(other.outputs(1).locator(".output")).to_have_count(1)


def test_a_short_link_does_so_too(moved: Reader, enter: Callable[..., Reader]) -> None:
    query = urlsplit(short_link(moved)).query
    other = enter("?" + query)
    other.button("Evaluate", 1).click()
    says(view(other.outputs(1)), "it is 1 two")


def test_what_does_not_fit_stays_and_is_said(enter: Callable[..., Reader]) -> None:
    marks = [{"name": "<b>bold</b>", "state": {"x": 4}}]
    states = {"x": 99, "n": 1, "evil": "<img src=x onerror=alert(1)>", "__class__": 1}
    reader = enter(link_with([{"state": states, "bookmarks": marks}, {"state": {"x": 5}}]))
    reader.button("Evaluate").click()
    frame = view(reader.outputs())
    says(frame, "it is 0 two")
    said = "f: the value for x, evil, __class__ fits no control of this name, and changes nothing"
    expect(reader.outputs()).to_contain_text(said)
    frame.get_by_role("button", name="<b>bold</b>").click()
    says(frame, "it is 4 two")


@pytest.mark.parametrize("states", ["nonsense", "{}", "[" * 70_000, [{}] * 101, [{"state": {"x" * 300: 1}}]])
def test_states_that_cannot_be_read_are_told_and_the_code_is_there(enter: Callable[..., Reader], states: Any) -> None:
    reader = enter(link_with(states))
    reader.await_notice("The values of its controls cannot be read")
    assert reader.code() == CODE


def test_no_states_at_all_are_fine(enter: Callable[..., Reader]) -> None:
    reader = enter(link_with("[]"))
    reader.await_notice("Read it before you evaluate it.")
    expect(reader.page.get_by_role("alert")).not_to_contain_text("control")
    reader.button("Evaluate").click()
    says(view(reader.outputs()), "it is 0 one")


def test_a_readers_own_bookmarks_are_in_the_link(moved: Reader, enter: Callable[..., Reader]) -> None:
    frame = view(moved.outputs(1))
    frame.get_by_role("button", name="Bookmarks").press("Enter")
    name = frame.get_by_role("textbox", name="name of a new bookmark")
    expect(name).to_have_value("Bookmark 1")
    frame.get_by_role("button", name="Add").press("Enter")
    expect(name).to_have_value("Bookmark 2")
    expect(frame.get_by_role("button", name="Add")).to_be_focused()
    name.fill("<i>mine</i>")
    name.press("Enter")
    expect(frame.get_by_role("button", name="<i>mine</i>", exact=True)).to_be_visible()
    frame.get_by_role("button", name="delete bookmark Bookmark 1").click()
    expect(frame.get_by_role("button", name="Bookmark 1", exact=True)).to_have_count(0)
    frame.get_by_role("button", name="far", exact=True).click()
    says(frame, "it is 9 two")
    moved.reload()
    frame = view(moved.outputs(1))
    frame.get_by_role("button", name="<i>mine</i>", exact=True).click()
    says(frame, "it is 1 two")
    other = enter("?" + urlsplit(short_link(moved)).query)
    other.button("Evaluate", 1).click()
    frame = view(other.outputs(1))
    says(frame, "it is 1 two")
    expect(frame.get_by_role("button", name="far", exact=True)).to_be_visible()
    frame.get_by_role("slider").press("ArrowRight")
    says(frame, "it is 2 two")
    frame.get_by_role("button", name="<i>mine</i>", exact=True).press("Enter")
    says(frame, "it is 1 two")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bookmarks_have_room_for_a_thumb(enter: Callable[..., Reader], scheme: str) -> None:
    reader = enter(link_with([]), **PHONE, color_scheme=scheme)
    reader.button("Evaluate").click()
    frame = view(reader.outputs())
    frame.get_by_role("button", name="Bookmarks").tap()
    frame.get_by_role("button", name="Add").tap()
    mine = frame.get_by_role("button", name="Bookmark 1", exact=True)
    expect(mine).to_be_visible()
    for each in (mine, frame.get_by_role("button", name="Add"), frame.get_by_role("button", name="delete bookmark")):
        box = each.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 44
