"""`@interact` in Sage: its values are Sage's, and the forms of Sage and of SageMathCell are taken."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.replay.outputs import error_of
from tests.sage.controls import VIEW, Controls
from tests.site.desk import Desk

GOT = "got = []\n"


@pytest.fixture
def controls(desk: Desk) -> Controls:
    return Controls(desk)


@pytest.mark.parametrize(
    ("default", "kind", "first", "state", "then"),
    [
        ("(0..10)", "SelectionSlider", "0 Integer Ring", {"index": 7}, "7 Integer Ring"),
        ("srange(0, 1, 1/4)", "ToggleButtons", "0 Rational Field", {"index": 3}, "3/4 Rational Field"),
        ("(1/4, 1, 1/4)", "SelectionSlider", "1/4 Rational Field", {"index": 3}, "1 Rational Field"),
        ("(0, pi)", "FloatSlider", "0.0 <class 'float'>", {"value": 1.5}, "1.5 <class 'float'>"),
        ("5", "Text", "5 Integer Ring", {"value": "2^100"}, "1267650600228229401496703205376 Integer Ring"),
        ("sin(x)", "Text", "sin(x) Symbolic Ring", {"value": "x^2/2"}, "1/2*x^2 Symbolic Ring"),
        ("slider(1, 10, 1, 3)", "SelectionSlider", "3 Integer Ring", {"index": 0}, "1 Integer Ring"),
        ("input_box(2, type=RR)", "Text", "2.00000000000000 Real Field with 53 bits of precision", {}, ""),
        ("selector([ZZ, QQ])", "Dropdown", "Integer Ring <class 'sage.rings.integer_ring.IntegerRing_class'>", {}, ""),
        ("Color('red')", "ColorPicker", "RGB color (1.0, 0.0, 0.0)", {"value": "#0000ff"}, "RGB color (0.0, 0.0, 1.0)"),
    ],
)  # fmt: skip
async def test_values_are_sages(
    controls: Controls, default: str, kind: str, first: str, state: dict[str, Any], then: str
) -> None:
    await controls.evaluate(GOT + f"@interact\ndef f(v=('label', {default})):\n    got.append(f'{{v}} {{parent(v)}}')")
    assert kind in controls.kinds()
    assert (await controls.value("got[-1]")).startswith(first)
    if state:
        await controls.set("label", **state)
        assert (await controls.value("got[-1]")).startswith(then)
        assert await controls.value("len(got)") == "2"


async def test_matrices_and_vectors(controls: Controls) -> None:
    await controls.evaluate(
        GOT + "@interact\ndef f(m=matrix(QQ, 2, [1, 2, 3, 4]), v=vector([1, 2])):\n    got.append((m, v))"
    )
    assert controls.kinds().count("Text") == 6
    assert await controls.value(
        "got[-1][0].det(), parent(got[-1][0]) is MatrixSpace(QQ, 2), got[-1][1] * got[-1][1]"
    ) == ("-2 True 5")
    await controls.evaluate("f.m[0][0] = 1/2; f.v = [x for x in [[3, 4]]]; f._update()")
    assert await controls.value("got[-1][0].det(), got[-1][1]") == "-4 (3, 4)"


async def test_a_pair_with_a_number_is_a_labelled_box(controls: Controls) -> None:
    await controls.evaluate(GOT + '@interact\ndef f(n=("how many", 1)):\n    got.append(n + 1)')
    assert await controls.value("got, f._state()") == "[2] {'n': '1'}"
    await controls.set("how many", value="factorial(5)")
    assert await controls.value("got") == "[2, 121]"


async def test_what_the_reader_types_has_the_names_of_the_session(controls: Controls) -> None:
    await controls.evaluate(GOT + "k = 7\n@interact\ndef f(v=1): got.append(v)")
    await controls.set("v", value="[k*i for i in (1..3)]")
    assert await controls.value("got[-1]") == "[7, 14, 21]"
    await controls.set("v", value="not an expression")
    assert await controls.value("len(got)") == "2"


async def test_sages_own_widgets_and_forms_are_taken(controls: Controls) -> None:
    await controls.evaluate(
        GOT + "from sage.repl.ipython_kernel.widgets_sagenb import slider as sages, input_grid as grid\n"
        "@interact\ndef f(s=sages(1, 5), g=grid(1, 2, 3), d={'one': 1}, auto_update=True):\n    got.append((s, g, d))"
    )
    assert await controls.value("got, parent(got[0][0])") == "[(1, [[3, 3]], 1)] Integer Ring"
    await controls.evaluate("interact(lambda z: got.append(z), z=(0, 10))")
    assert await controls.value("got[-1]") == "0.0"


async def test_an_interact_with_a_plot(controls: Controls) -> None:
    events = await controls.evaluate("@interact\ndef f(n=(1..3)):\n    show(plot(sin(n*x), (x, 0, pi)))")
    shown = [json.loads(event["body"])["data"] for event in events if event.get("output_kind") == "display_data"]
    assert VIEW in shown[0]
    await controls.set("n", index=2)
    assert await controls.value("f.n") == "2"


@pytest.mark.parametrize("first", ["%%exercise", "%exercise"])
async def test_an_exercise_takes_answers_in_their_parent(controls: Controls, first: str) -> None:
    await controls.evaluate(
        f"{first}\nA = matrix(ZZ, 2, [1, 2, 3, 4])\nquestion = 'Transpose it.'\nanswer = A.transpose()"
    )
    assert [controls.kinds().count(kind) for kind in ("Text", "HTMLMath")] == [4, 2]
    await controls.press("Check")
    await controls.value("0")
    assert "Not yet. Attempt 1." in str(controls.models)
    for place, value in (("1,1", "1"), ("1,2", "3"), ("2,1", "2"), ("2,2", "4")):
        await controls.set(f"Answer {place}", value=value)
    await controls.press("Check")
    await controls.value("0")
    assert "<strong>Right</strong>, with 2 attempts" in str(controls.models)


async def test_a_variable_and_its_slider(controls: Controls) -> None:
    await controls.evaluate("dynamic(t=(1/2, 5, 1/2))\ndynamic_expression('t^2')")
    await controls.set("t", index=3)
    assert await controls.value("t, parent(t)") == "2 Rational Field"
    await controls.evaluate("t = 3/2")
    assert [output["data"]["text/plain"] for output in controls.pictures()] == ["9/4"]


async def test_mistakes_are_said(controls: Controls) -> None:
    error = error_of(await controls.evaluate("@interact\ndef f(_x=1): pass"))
    assert (error["ename"], error["evalue"]) == (
        "InteractError",
        "_x: a control's name cannot begin with _; give it another name",
    )


async def test_the_examples_of_the_page_work(controls: Controls) -> None:
    page = Path(__file__).resolve().parents[2].joinpath("docs/how-to/interacts.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 5
    for example in examples:
        events = await controls.evaluate(example)
        assert [event for event in events if event.get("output_kind") == "error"] == [], example
        captured = [json.loads(event["body"])["data"] for event in events if event.get("output_kind") == "comm_msg"]
        shown = [output for data in captured for output in data.get("state", {}).get("outputs", [])]
        assert shown and not [output for output in shown if output["output_type"] == "error"], example
