"""SageMathCell's documented examples of interacts and the classics of Sage's wiki, written anew, with right values.

They lie in examples/interacts.ipynb. The values are those of the mathematics, not of a run: Pascal's triangle, the
singular values of Hilbert's matrix of size 4, the 111 steps from 27, the fractions near pi, sums of Riemann.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sage.controls import Controls
from tests.site.desk import Desk

NOTEBOOK = json.loads(Path(__file__).resolve().parents[2].joinpath("examples/interacts.ipynb").read_text())
Step = tuple[str, dict[str, Any] | None, tuple[str, ...]]
"""A control by its label, what it is set to (None: it is pressed), and what is printed then, among other things."""


def examples() -> dict[str, str]:
    """Return the code of each example by its title."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in NOTEBOOK["cells"][1:]]
    pairs = list(zip(cells[::2], cells[1::2], strict=True))
    assert all(kinds == ("markdown", "code") for kinds in ((one[0], other[0]) for one, other in pairs))
    return {text.splitlines()[0].removeprefix("## "): code for (_, text), (_, code) in pairs}


PLAYS: dict[str, tuple[str, list[Step]]] = {
    "Radio buttons": ("a circle of 1 has pi", [("shape", {"index": 1}, ("a square of 1 has 4",))]),
    "A button that counts": (
        "pressed 0 times",
        [("One more", None, ("pressed 1 times",)), ("One more", None, ("pressed 2 times",))],
    ),
    "A bar of buttons": ("at 0", [("Right", None, ("at 1",)), ("Left", None, ("at 0",)), ("Left", None, ("at -1",))]),
    "Several sliders, one value": (
        "1 times [1.0, 2.0, 3.0] has sum 6.0",
        [
            ("weights 3", {"value": 7}, ("has sum 10.0",)),
            ("c", {"index": 2}, ("3 times [1.0, 2.0, 7.0] has sum 30.0",)),
        ],
    ),
    "An interact within another": (
        "row 4 of Pascal's triangle\nentry 0 is 1",
        [
            ("k", {"index": 2}, ("entry 2 is 6",)),
            ("n", {"index": 9}, ("row 10 of", "entry 0 is 1")),
            ("k", {"index": 5}, ("entry 5 is 252",)),
        ],
    ),
    "As many controls as one wants": (
        "-5*x^2 - 5*x - 5 at 2 is -35",
        [
            ("a2", {"index": 6}, ("x^2 - 5*x - 5 at 2 is -11",)),
            ("n", {"index": 2}, ("-5*x^3 - 5*x^2 - 5*x - 5 at 2 is -75",)),
            ("at", {"value": "1/5"}, ("at 1/5 is -156/25",)),
        ],
    ),
    "An interact within itself": (
        "run 1 with 0 branches",
        [("branches", {"index": 2}, ("run 2 with 2 branches", "run 3 with 0 branches", "run 4 with 0 branches"))],
    ),
    "A slider between two numbers": (
        "0.0^0 is 1.0 and 0! is 1",
        [("a", {"value": 1.5}, ("1.5^0",)), ("n", {"index": 10}, ("1.5^10 is 57.665", "10! is 3628800"))],
    ),
    "A label and a box": ("30 and abab", [("twice of", {"value": "x + 1"}, ("2*x + 2 and abab",))]),
    "Controls beside the function": (
        "the sum is 0",
        [("a", {"index": 4}, ()), ("b", {"index": 9}, ("the sum is 13",))],
    ),
    "Only when the button is pressed": (
        "factors: 100000000000000000039",
        [
            ("number", {"value": "2^64 - 1"}, ("factors: 100000000000000000039",)),
            ("Factor", None, ("factors: 3 * 5 * 17 * 257 * 641 * 65537 * 6700417",)),
        ],
    ),
    "What waits for something else": (
        "draft number 1",
        [("text", {"value": "page"}, ("draft number 1",)), ("n", {"index": 4}, ("page number 5",))],
    ),
    "Where the controls stand": ("r = cos(1/1 t)", [("by", {"index": 2}, ("r = cos(1/3 t)",))]),
    "From code": (
        "y = 2*x, changed: ['slope']",
        [("steep", None, ("y = 5*x + 1, changed: ['slope', 'start']",)), ("slope", {"index": 0}, ("y = -5*x + 1",))],
    ),
    "A matrix of lower rank": (
        "rank 1 is off by 0.169141",
        [("rank", {"index": 1}, ("rank 2 is off by 0.006738",)), ("rank", {"index": 2}, ("off by 0.000097",))],
    ),
    "A binomial measure": (
        "the greatest of 8 is 2.7440, their mean is 1.0000",
        [("k", {"index": 0}, ("the greatest of 2 is 1.4000",))],
    ),
    "Newton's method": (
        "after 1: 1.50000000000000",
        [("steps", {"index": 5}, ("after 6: 1.41421356237309",)), ("f", {"value": "x^2 - 3"}, ("1.7320508075688",))],
    ),
    "Taylor polynomials": ("order 1: x", [("order", {"index": 2}, ("order 3: 1/3*x^3 - x^2 + x",))]),
    "Riemann sums": (
        "left sum 7.6950, integral 9",
        [
            ("rule", {"index": 1}, ("middle sum 8.9775",)),
            ("rule", {"index": 2}, ("right sum 10.3950",)),
            ("from, to", {"index": [3, 8]}, ("integral 35/3",)),
        ],
    ),
    "The way down to 1": ("111 steps, up to 9232", [("begin at", {"value": "2^20"}, ("20 steps, up to 1048576",))]),
    "Multiplication modulo n": (
        "4 have an inverse: [1, 5, 7, 11]",
        [("n", {"index": 11}, ("12 have an inverse",)), ("show zeros", {"value": False}, ("12 have an inverse",))],
    ),
    "Continued fractions": (
        "3 is off by 1.42e-01",
        [("count", {"index": 3}, ("355/113 is off by 2.67e-07",)), ("number", {"value": "sqrt(2)"}, ("17/12 is off",))],
    ),
    "Equations as a grid": (
        "determinant 18, solution [1, 1, 1]",
        [("b =  3,1", {"value": "23"}, ("solution [2, -1, 6]",))],
    ),
    "A surface": (
        "z = cos(y)*sin(x), at (1, 1) 0.4546",
        [("surface", {"index": 1}, ("z = x^2 - y^2, at (1, 1) 0.0000",)), ("size", {"index": 2}, ("z = x^2 - y^2",))],
    ),
}


def test_every_example_has_its_values() -> None:
    assert examples().keys() == PLAYS.keys()


@pytest.mark.parametrize("title", PLAYS)
async def test_an_example(desk: Desk, title: str) -> None:
    controls = Controls(desk)
    begin, steps = PLAYS[title]
    await controls.evaluate(examples()[title])
    assert begin in controls.printed()
    for label, state, lines in steps:
        await (controls.press(label) if state is None else controls.set(label, **state))
        await controls.evaluate("")
        assert [line for line in lines if line not in controls.printed()] == [], controls.printed()
        assert [output for output in controls.shown() if output["output_type"] == "error"] == []
    assert bool(controls.pictures()) == ("show(" in examples()[title])
