"""Interacts in SageMathCell's terms, and what is passed over of what a session or a page says of them."""

import json
from typing import Any

import pytest

from sagews.backend.sagecell.interacts import MAX_KNOWN, UPDATE, Interacts
from sagews.backend.sagecell.message import Message

ABOUT = {
    "saved": "s",
    "state": {"x": 1},
    "locations": {},
    "sagecell": {
        "controls": {"x": {"control_type": "checkbox"}},
        "layout": [[["x", 1]]],
        "output": "o",
        "readonly": False,
    },
}


def view(about: Any = ABOUT) -> dict[str, Any]:
    return {"data": {"text/plain": "<interact>"}, "metadata": {"sagews_interact": about}}


def update(model: str, **state: Any) -> dict[str, Any]:
    return {"comm_id": model, "data": {"method": "update", "state": state}}


def forms(pieces: Any) -> list[str]:
    return [next(iter(content["data"])) for kind, content, _ in pieces if kind == "display_data"]


def changed(content: dict[str, Any]) -> Message:
    return Message(UPDATE, {"msg_id": "m", "msg_type": UPDATE}, content)


def test_an_interact_and_what_it_shows() -> None:
    interacts = Interacts()
    ((kind, content, metadata),) = interacts.of("display_data", view(), 0) or []
    assert (kind, metadata) == ("display_data", {})
    shown = content["data"]["application/sage-interact"]
    assert (shown["new_interact_id"], shown["locations"], shown["readonly"]) == ("s", None, False)
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "a", "more": 1},
        {"output_type": "display_data", "data": {"text/plain": "b", "image/svg+xml": "<svg/>"}, "metadata": {}},
    ]
    clear, text, display = interacts.of("comm_msg", update("o", outputs=outputs), 0) or []
    assert clear[1]["data"] == {"application/sage-clear": {"changed": ["x"]}}
    assert text == ("stream", {"name": "stdout", "text": "a"}, {"interact_id": "s"})
    assert display[0] == "display_data" and display[2] == {"interact_id": "s"}
    assert display[1]["data"]["text/html"] == "<svg/>", "which that library shows"


def test_values_that_the_page_has_are_not_told_again() -> None:
    interacts = Interacts()
    interacts.of("display_data", view(), 0)
    request = interacts.request_of(changed({"interact_id": "s", "values": {"x": 2, "y": 3}}))
    assert request is not None
    body = json.loads(request.comm_message.body)
    assert (body["comm_id"], body["message"]) == ("s", "m")
    assert body["data"]["state"] == {"changes": {"x": 2}}
    assert interacts.of("comm_msg", update("s", state={"x": 2}), 0) == []
    assert forms(interacts.of("comm_msg", update("s", state={"x": 5, "z": 1}), 0)) == [
        "application/sage-interact-update"
    ]
    marks = [["one", {"x": 1}], ["one", {"x": 1}], 7, ["two"], [1, {}]]
    assert forms(interacts.of("comm_msg", update("s", bookmarks=marks), 0)) == ["application/sage-interact-bookmark"]
    request = interacts.request_of(changed({"interact_id": "s", "values": {"x": 2}, "update_last": True}))
    assert request is not None and b'"state": {"state": {"x": 2}}' in request.comm_message.body


def test_what_an_inner_one_shows_before_it_is_known() -> None:
    interacts = Interacts()
    early = [{"output_type": "stream", "name": "stdout", "text": "early"}]
    assert interacts.of("comm_msg", update("o", outputs=early), 100) == []
    pieces = interacts.of("display_data", view(), 0) or []
    assert forms(pieces) == ["application/sage-interact", "application/sage-clear"]
    assert pieces[-1][1]["text"] == "early"


@pytest.mark.parametrize(
    "about",
    [
        *(
            None,
            7,
            [],
            {},
            {"sagecell": 1},
            {**ABOUT, "saved": 1},
            {**ABOUT, "sagecell": {"controls": [], "layout": []}},
        ),
        *({**ABOUT, "sagecell": {"controls": {"x": 1}, "layout": []}}, {**ABOUT, "sagecell": {"controls": {}}}),
    ],
)
def test_views_that_are_none_of_an_interact(about: Any) -> None:
    assert Interacts().of("display_data", view(about), 0) is None


def test_hostile_words_are_passed_over() -> None:
    interacts = Interacts()
    interacts.of(
        "display_data", view({**ABOUT, "state": 7, "locations": [], "sagecell": {**ABOUT["sagecell"], "output": 3}}), 0
    )  # type: ignore[dict-item]
    interacts.of("display_data", view(), 0)
    for data in (
        None,
        7,
        {},
        {"method": "update"},
        {"method": "update", "state": []},
        {"method": "custom", "state": {}},
    ):
        assert interacts.of("comm_msg", {"comm_id": "o", "data": data}, 0) is None
    assert interacts.of("comm_msg", {"comm_id": [], "data": {"method": "update", "state": {"outputs": []}}}, 0) is None
    hostile = [None, 7, {}, {"output_type": []}, {"output_type": "error"}, {"output_type": "display_data", "data": 1}]
    hostile += [
        {"output_type": "stream", "name": 1, "text": []},
        {"output_type": "display_data", "data": {}, "metadata": 9},
    ]
    kinds = [kind for kind, _, _ in interacts.of("comm_msg", update("o", outputs=hostile), 0) or []]
    assert kinds == ["display_data", "display_data"]
    for content in ({}, {"interact_id": "none", "values": {}}, {"interact_id": "s", "values": []}, {"interact_id": 1}):
        assert interacts.request_of(changed(content)) is None


def test_as_many_are_known_as_may_be() -> None:
    interacts = Interacts()
    for number in range(MAX_KNOWN + 5):
        told = {**ABOUT["sagecell"], "output": f"o{number}"}  # type: ignore[dict-item]
        interacts.of("display_data", view({**ABOUT, "saved": f"s{number}", "sagecell": told}), 0)
    assert len(interacts) == MAX_KNOWN
    assert interacts.request_of(changed({"interact_id": "s0", "values": {}})) is None
    for number in range(100):
        interacts.of("comm_msg", update(f"other{number}", outputs=[1]), 10)
    assert len(interacts._early) <= 20
