"""Interacts as SageMathCell's library shows them: controls described, outputs within them, what a reader changes."""

from typing import Any

from tests.running import RunningSite
from tests.site.sagecell.cell_client import Heard, Json, Talk, message, opened, page_of, talking

BEGIN = "from sagews.session.interact import names\nglobals().update(names.names())\n"
"""What a session of Sage finds defined."""
UPDATE = "sagenb.interact.update_interact"


def of_form(heard: Heard, form: str) -> list[Any]:
    """Return what displays have in a form, such as `interact`."""
    found = [each["data"] for each in heard.of("display_data")]
    return [data[f"application/sage-{form}"] for data in found if f"application/sage-{form}" in data]


def within(heard: Heard, identity: str) -> str:
    """Return the text that an interact shows, after it was cleared at last."""
    text = ""
    for each in heard.messages:
        if each["metadata"].get("interact_id") == identity:
            content = each["content"]
            text = "" if "application/sage-clear" in content.get("data", {}) else text + content.get("text", "")
    return text


async def change(talk: Talk, identity: str, values: Json, *, update_last: bool = False) -> Heard:
    asked = message(UPDATE, {"interact_id": identity, "values": values, "update_last": update_last})
    return await talk.ask(asked, f"{UPDATE}_reply")


async def test_a_function_with_controls(site: RunningSite) -> None:
    code = (
        BEGIN + "@interact\ndef f(n=slider(1, 9, 1, default=2), word=InputBox('a', label='Word')):\n    print(word * n)"
    )
    async with page_of(site) as page:
        talk = page.talk((await opened(site))["id"])
        heard = await talk.evaluate(code)
        (shown,) = of_form(heard, "interact")
        identity = shown["new_interact_id"]
        assert list(shown["controls"]) == ["n", "word"]
        assert shown["controls"]["n"]["control_type"] == "slider"
        assert shown["controls"]["word"]["control_type"] == "input_box" and shown["controls"]["word"]["label"] == "Word"
        assert all(each["update"] is True for each in shown["controls"].values())
        assert shown["layout"] == [[["n", 1]], [["word", 1]], [["_output", 1]]]
        assert (shown["locations"], shown["readonly"]) == (None, False)
        # What that library has no idea of does not come: it would close it.
        assert not [each for each in heard.messages if each["header"]["msg_type"].startswith("comm_")]
        assert within(heard, identity) == "aa\n"
        heard = await change(talk, identity, {"n": 4})
        assert heard.reply_of(UPDATE)["payload"] == [] and heard.states == ["busy", "idle"]
        assert within(heard, identity) == "aaaaa\n" and not of_form(heard, "interact-update")
        heard = await change(talk, identity, {"word": "b", "n": 0}, update_last=True)
        assert within(heard, identity) == "b\n"


async def test_code_that_changes_controls_and_buttons(site: RunningSite) -> None:
    code = BEGIN + (
        "@interact\ndef f(self, x=ContinuousSlider((0, 10)), go=UpdateButton('Go')):\n"
        "    print('x is', x)\n    self.x = 7\n    self._bookmark('seven', {'x': 7})"
    )
    async with page_of(site) as page:
        talk = page.talk((await opened(site))["id"])
        heard = await talk.evaluate(code)
        (shown,) = of_form(heard, "interact")
        identity = shown["new_interact_id"]
        assert shown["controls"]["go"] == {
            **{"control_type": "button", "text": "Go", "width": "", "label": "", "update": True}
        }
        assert shown["controls"]["x"]["update"] is False
        assert of_form(heard, "interact-update") == [{"interact_id": identity, "control": "x", "value": 7.0}]
        assert of_form(heard, "interact-bookmark") == [{"interact_id": identity, "name": "seven", "values": {"x": 7.0}}]
        # Without the button nothing runs.
        heard = await change(talk, identity, {"x": 3})
        assert within(heard, identity) == "" and not of_form(heard, "clear")
        for _ in range(2):
            heard = await change(talk, identity, {"go": True})
            assert within(heard, identity).startswith("x is ")


async def test_interacts_within_interacts(site: RunningSite) -> None:
    code = BEGIN + (
        "@interact\ndef outer(n=[1, 2]):\n    print('outer', n)\n"
        "    @interact\n    def inner(m=[10, 20]):\n        print('inner', n * m)"
    )
    async with page_of(site) as page:
        talk = page.talk((await opened(site))["id"])
        heard = await talk.evaluate(code)
        outer, inner = of_form(heard, "interact")
        assert within(heard, outer["new_interact_id"]) == "outer 1\n"
        assert within(heard, inner["new_interact_id"]) == "inner 10\n"
        (drawn,) = [
            each for each in heard.messages if each["content"].get("data", {}).get("application/sage-interact") == inner
        ]
        assert drawn["metadata"] == {"interact_id": outer["new_interact_id"]}
        heard = await change(talk, inner["new_interact_id"], {"m": 1})
        assert within(heard, inner["new_interact_id"]) == "inner 20\n"
        heard = await change(talk, outer["new_interact_id"], {"n": 1})
        (inner,) = of_form(heard, "interact")
        assert within(heard, inner["new_interact_id"]) == "inner 20\n"


async def test_an_interact_outlives_a_lost_connection(site: RunningSite) -> None:
    said = await opened(site)
    async with page_of(site) as page:
        heard = await page.talk(said["id"]).evaluate(BEGIN + "@interact\ndef f(x=True):\n    print(x)")
        (shown,) = of_form(heard, "interact")
    async with page_of(site) as page:
        heard = await change(page.talk(said["id"]), shown["new_interact_id"], {"x": False})
        assert within(heard, shown["new_interact_id"]) == "False\n"


async def test_a_program_may_know_widgets_and_hostile_changes_are_passed_over(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        heard = await talk.evaluate(BEGIN + "@interact\ndef f(x=True):\n    print(x)")
        assert heard.of("comm_open") and of_form(heard, "interact")
        for content in (
            {},
            {"interact_id": "none", "values": {}},
            {"interact_id": [], "values": []},
            {"interact_id": of_form(heard, "interact")[0]["new_interact_id"], "values": 7},
        ):
            await talk.send(message(UPDATE, content))
        assert (await talk.evaluate("6*7")).result == "42"
