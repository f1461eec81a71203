"""Which controls a function has, and where they stand."""

from typing import Any

import pytest

from sagews.session.interact.control import InteractError
from sagews.session.interact.plan import plan
from sagews.session.interact.signature import choose_triggers, wanted


def names(function: Any, listed: Any = (), **named: Any) -> tuple[bool, list[str]]:
    takes_proxy, controls = wanted(function, listed, named)
    return takes_proxy, list(controls)


def test_the_first_parameter_without_default_gets_the_proxy() -> None:
    assert names(lambda x=1, y=2: 0) == (False, ["x", "y"])
    assert names(lambda me, x=1: 0) == (True, ["x"])
    assert names(lambda me, y: 0) == (True, ["y"])
    assert names(lambda **more: 0) == (False, [])
    assert names(lambda me, **more: 0, [("a", 1), "b"]) == (True, ["a", "b"])
    assert names(lambda x=2, **more: 0, [["a", 3]]) == (False, ["x", "a"])
    assert names(lambda **more: 0, {"a": 3}) == (False, ["a"])
    assert names(lambda x: 0, x=(0, 10)) == (False, ["x"])
    assert names(lambda x, *, k=1, **more: 0, z=3) == (True, ["k", "z"])


def test_a_default_is_where_the_control_that_was_named_begins() -> None:
    _, controls = wanted(lambda x=3: 0, (), {"x": (0, 10)})
    assert controls["x"].value == 3.0
    _, controls = wanted(lambda x=3: 0, (), {"x": True})
    assert controls["x"].value is True


def test_auto_update_is_a_control_only_where_it_is_false() -> None:
    assert names(lambda x=1, auto_update=False: 0) == (False, ["x", "auto_update"])
    assert names(lambda x=1, auto_update=True: 0) == (False, ["x"])


def test_names_that_cannot_be() -> None:
    for function, listed in [
        (lambda x=1: 0, ["x"]),
        (lambda **more: 0, ["a", "a"]),
        (lambda **more: 0, ["_a"]),
        (lambda _x=1: 0, []),
        (lambda **more: 0, [(1, 2)]),
        (lambda **more: 0, [("a", 1, 2)]),
    ]:
        with pytest.raises(InteractError):
            wanted(function, listed, {})


def triggers(function: Any, update: Any = None) -> list[str]:
    _, controls = wanted(function, (), {})
    choose_triggers(controls, update)
    return [name for name, control in controls.items() if control.update]


def test_who_runs_the_function() -> None:
    assert triggers(lambda x=1, y=2: 0) == ["x", "y"]
    assert triggers(lambda x=1, y=2: 0, ["y"]) == ["y"]
    assert triggers(lambda x=1, auto_update=False: 0) == ["auto_update"]
    assert triggers(lambda x=1, y=2, auto_update=False: 0, ["x"]) == ["x", "auto_update"]
    with pytest.raises(InteractError, match="is no control"):
        triggers(lambda x=1: 0, ["z"])


def test_layouts() -> None:
    rows = plan([["a", ("b", 3)], ["_output"], [None, ["c", 2]]], "abc")
    assert rows.top == [[("a", 1), ("b", 3)], [("_output", 1)], [(None, 1), ("c", 2)]]
    assert rows.placed == {"a", "b", "c", "_output"}
    sides = plan({"top": [["a"]], "left": ["b"], "bottom": [["c"]]}, "abc")
    assert (sides.top, sides.left, sides.bottom) == ([[("a", 1)]], [[("b", 1)]], [[("c", 1)]])
    assert plan(None, "abc").placed == set()
    for layout in ([["a"], ["a"]], [["z"]], {"middle": [["a"]]}, [[3]], {"top": [["a"]], "left": [["a"]]}):
        with pytest.raises(InteractError):
            plan(layout, "abc")
