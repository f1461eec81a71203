"""Interacts in a real session: runs that replace, and are not overrun; interacts inside each other; the proxy."""

from typing import Any

import pytest

from tests.unit.session.interact.page import VIEW, Page


def test_updates_replace(page: Page) -> None:
    output = page.evaluate("@interact\ndef f(x=(0, 10), word='a'):\n    print(x, word)\n    return x")
    (shown,) = output.all("display_data")
    assert VIEW in shown["data"] and shown["data"]["text/plain"] == "<interact f(x, word)>"
    assert page.shows() == ["0.0 a\n", "0.0"]
    page.move("x", value=2.5)
    page.move("word", value="b")
    assert page.shows() == ["2.5 b\n", "2.5"]
    assert page.output.text() == ""


def test_a_run_that_puts_out_nothing_replaces_too(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=True):\n    if x: print('yes')")
    assert page.shows() == ["yes\n"]
    page.move("x", value=False)
    assert page.shows() == []


def test_an_error_is_shown_and_the_controls_stay(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=(0, 10), y=1):\n    return y / (x - 5)")
    page.move("x", value=5)
    (shown,) = page.shows()
    assert "ZeroDivisionError" in shown and "y / (x - 5)" in shown and "sagews" not in shown
    page.move("x", value=6)
    assert page.shows() == ["1.0"]
    page.move("y", value="1 +")
    (shown,) = page.shows()
    assert "SyntaxError" in shown
    page.move("y", value="nobody")
    (shown,) = page.shows()
    assert "This is in the control 'y'." in shown
    page.move("y", value="2")
    assert page.shows() == ["2.0"]


def test_a_slider_cannot_overrun_a_slow_function(page: Page) -> None:
    page.evaluate(
        "import time\nruns = []\n@interact\ndef f(x=(0, 100), y=(0, 100)):\n"
        "    runs.append((x, y))\n    time.sleep(0.2 if len(runs) > 1 else 0)\n    print(x, y)"
    )
    x, y = page.labelled("x"), page.labelled("y")
    for value in range(1, 40):
        page.send(x, value=value)
        page.send(y, value=value + 1)
    page.settle()
    assert page.shows() == ["39.0 40.0\n"]
    (runs,) = page.session.evaluate("runs").results
    assert runs.count("(") < 8
    assert runs.endswith("(39.0, 40.0)]")


def test_no_press_is_lost(page: Page) -> None:
    page.evaluate(
        "n = 0\n@interact\ndef f(step=Button(text='more', value=1, default=0), x=(0, 10)):\n"
        "    global n\n    n += step\n    print(n, x)"
    )
    for value in range(5):
        page.press("more", wait=False)
        page.send(page.labelled("x"), value=value)
    page.settle()
    assert page.shows() == ["5 4.0\n"]
    page.move("x", value=7)
    assert page.shows() == ["5 7.0\n"]


def test_a_button_bar_and_an_update_button(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=ButtonBar([(1, 'one'), (2, 'two')], default=0)): print(x)")
    assert page.shows() == ["0\n"]
    page.press("two")
    assert page.shows() == ["2\n"]
    page.evaluate("@interact\ndef g(y=(0, 10), auto_update=False): print(y)")
    page.move("y", value=4)
    assert page.shows(1) == ["0.0\n"]
    page.press("Update")
    assert page.shows(1) == ["4.0\n"]


def test_only_named_controls_run_the_function(page: Page) -> None:
    page.evaluate("@interact(update=['y'])\ndef f(x=(0, 10), y=(0, 10)): print(x, y)")
    page.move("x", value=3)
    assert page.shows() == ["0.0 0.0\n"]
    page.move("y", value=1)
    assert page.shows() == ["3.0 1.0\n"]


def test_nested_interacts_are_replaced(page: Page) -> None:
    page.evaluate(
        "@interact\ndef f(n=[1, 2, 3]):\n    print('outer', n)\n"
        "    @interact\n    def g(k=(0, n)):\n        print('inner', n, k)"
    )
    assert page.shows(0) == ["outer 1\n", VIEW]
    assert page.shows(1) == ["inner 1 0.0\n"]
    page.move("k", value=1)
    assert page.shows(1) == ["inner 1 1.0\n"]
    models = len(page.models)
    for index in (1, 2, 1, 2):
        page.move("n", index=index)
    assert page.shows(0) == ["outer 3\n", VIEW]
    assert page.shows(1) == ["inner 3 0.0\n"]
    assert len(page.models) == models
    page.move("k", value=2)
    assert page.shows(1) == ["inner 3 2.0\n"]


def test_recursive_interacts(page: Page) -> None:
    page.evaluate("@interact\ndef f(n=Selector([0, 1, 2])):\n    print('n', n)\n    for i in range(n): interact(f)")
    page.move("n", index=2)
    assert page.shows(0) == ["n 2\n", VIEW, VIEW]
    assert page.shows(1) == page.shows(2) == ["n 0\n"]
    page.move("n", index=1)
    assert page.shows(2) == ["n 1\n", VIEW]


def test_a_cell_that_is_evaluated_again_lets_go_of_what_it_had(page: Page) -> None:
    code = "@interact\ndef f(x=(0, 10), grid=InputGrid(2, 2)): print(x)\n"
    code += "@interact\ndef g(y=1):\n    @interact\n    def h(z=1): pass"
    page.evaluate(code, "cell")
    models = len(page.models)
    for _ in range(3):
        page.evaluate(code, "cell")
    assert len(page.models) == models
    page.evaluate(code, "other")
    assert len(page.models) == 2 * models


def test_the_proxy(page: Page) -> None:
    page.evaluate(
        "@interact\ndef f(me, x=(0, 10), n=['a', 'b'], grid=InputGrid(1, 2), **more):\n"
        "    print(x, n, grid, more, me._changed)"
    )
    assert page.shows() == ["0.0 a [[0, 0]] {} ['x', 'n', 'grid']\n"]
    assert page.evaluate("f.x = 12; f.n = 1; f.grid[0][1] = 7; f.x, f.n, f.grid").results == ["(10.0, 1, [['0', '7']])"]
    assert page.state("x")["value"] == 10
    assert page.shows() == ["0.0 a [[0, 0]] {} ['x', 'n', 'grid']\n"], "setting runs nothing"
    page.evaluate("f._update()")
    assert page.shows() == ["10.0 b [[0, 7]] {} ['x', 'n', 'grid']\n"]
    page.evaluate("f.new = ('Newer', True)")
    page.move("Newer", value=False)
    assert page.shows() == ["10.0 b [[0, 7]] {'new': False} ['new']\n"]
    page.evaluate("del f.new")
    page.move("x", value=1)
    assert page.shows() == ["1.0 b [[0, 7]] {} ['new', 'x']\n"]
    assert page.evaluate("f.new").error["ename"] == "AttributeError"
    assert page.evaluate("f._state()").results == ["{'x': 1.0, 'n': 1, 'grid': [['0', '7']]}"]
    page.evaluate("f._state({'x': 3, 'n': 0}); f._update()")
    assert page.shows() == ["3.0 a [[0, 7]] {} ['x', 'n']\n"]
    assert page.evaluate("f(f, 1, 2, 3)").text() == "1 2 3 {} []\n"


def test_bookmarks_and_states(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=(0, 10), n=[1, 2, 3]): print(x, n)")
    assert page.about["function"] == "f" and page.about["state"] == {"x": 0.0, "n": 0}
    page.evaluate("f._bookmark('far', {'x': 9, 'n': 2}); f._bookmark('here')")
    assert page.saved["bookmarks"] == [["far", {"x": 9.0, "n": 2}], ["here", {"x": 0.0, "n": 0}]]
    page.press("far")
    assert page.shows() == ["9.0 3\n"]
    assert page.saved["state"] == {"x": 9.0, "n": 2}
    assert page.state("x")["value"] == 9
    page.set(page.about["saved"], state={"x": 4, "n": "nonsense", "strange": 1, "_x": 1})
    assert page.shows() == ["4.0 3\n"]
    assert (
        page.output.text("stderr")
        == "f: the value for n, strange, _x fits no control of this name, and changes nothing\n"
    )
    assert page.saved["state"] == {"x": 4.0, "n": 2}
    page.set(page.about["saved"], bookmarks=[["back", {"x": 1}]])
    page.press("back")
    assert page.shows() == ["1.0 3\n"]
    page.evaluate("""f._set_bookmarks('[["first", {"x": 2, "n": 1}]]')""")
    page.press("first")
    assert page.shows() == ["2.0 2\n"]


@pytest.mark.parametrize(
    ("control", "kept", "others"),
    [
        ("(0, 10)", [0, 2.5, 10], [-1, 11, None, "2", [1], {}, "x"]),
        ("ContinuousSlider((0, 10), range_slider=True)", [[1, 2.5]], [[2, 1], [0, 11], 3, [1], [1, 2, 3], [None, 1]]),
        ("[1, 2, 3]", [0, 2], [-1, 3, 1.5, "1", None]),
        ("DiscreteSlider(range(9), range_slider=True)", [[0, 8]], [[8, 0], [0, 9], 1]),
        ("MultiSlider(2, interval=[(0, 1), (0, 2)])", [[0.5, 1.5]], [[1, 3], [1], "x"]),
        ("True", [True, False], [None, "x", [], 7]),
        ("'text'", ["", "a\n<b>"], [1, None, ["x"]]),
        ("5", ["1 + 1"], [2, {}]),
        ("InputGrid(1, 2)", [[["1", "x"]]], [[["1"]], [["1"], ["2"]], "1", 1, [["1", 2]], [["1", ["2"]]]]),
        ("ColorSelector('#000000')", ["#12ab34"], [5, None, "<b>", "#12"]),
        ("HtmlBox('<b>as it was</b>')", [], ["<i>other</i>", 1]),
        ("ipywidgets.IntSlider(3)", [7], ["x", None, [1]]),
        ("ipywidgets.fixed(3)", [], [4]),
    ],
)
def test_a_state_that_a_control_cannot_have_changes_nothing(
    page: Page, control: str, kept: list[Any], others: list[Any]
) -> None:
    page.evaluate(f"import ipywidgets\n@interact\ndef f(v={control}, n=[1, 2]): pass")
    state = page.saved["state"].get("v")
    for value in others:
        page.set(page.about["saved"], state={"v": value, "n": 1})
        assert page.saved["state"].get("v") == state, value
        assert page.saved["state"]["n"] == 1
    for value in kept:
        page.set(page.about["saved"], state={"v": value})
        assert page.saved["state"]["v"] == value
        assert page.evaluate("f._state()['v']").results


def test_what_a_page_sends_is_looked_at(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=(0, 10), n=[1, 2, 3]): print(x, n)")
    saved = page.about["saved"]
    for state in ({"x": None}, {"x": "a"}, {"x": [1]}, {"n": 99}, {"n": -1}, {"n": {}}, {"f": 1}, []):
        page.set(saved, state=state)
    for marks in ([1], [["a", 3]], 7, [["odd", {"x": {}}]]):
        page.set(saved, bookmarks=marks)
    page.move("n", index=17)
    page.move("x", value=1000)
    page.move("n", index=1)
    assert page.shows() == ["10.0 2\n"]


def test_figures_and_other_widgets(page: Page) -> None:
    page.evaluate(
        "import ipywidgets, matplotlib.pyplot as plt\nw = ipywidgets.IntSlider(3, description='w')\n"
        "@interact\ndef f(a=w, b=ipywidgets.fixed('b'), c={'one': 1}):\n    print(a, b, c)\n    plt.plot([a])"
    )
    first, second = page.shows()
    assert first == "3 b 1\n" and "Figure" in second
    page.move("w", value=5)
    first, second = page.shows()
    assert first == "5 b 1\n" and "Figure" in second
    page.evaluate("w.value = 7")
    assert page.shows()[0] == "7 b 1\n"


def test_a_stop_ends_a_cell_and_shows_where(page: Page) -> None:
    output = page.session.start("@interact\ndef f(x=[1, 2]):\n    print('in')\n    while x == 1: pass\nprint('after')")
    page.session.until(lambda: "comm_msg" in output.kinds)
    page.session.until(lambda: any("in" in str(content) for kind, content in output.events if kind == "comm_msg"))
    page.session.interrupt()
    assert page.session.finish(output).status == "INTERRUPTED"
    assert output.error["ename"] == "KeyboardInterrupt" and "after" not in output.text()


def test_a_stop_ends_an_update_and_the_controls_stay(page: Page) -> None:
    page.evaluate(
        "import os\n@interact\ndef f(x=[1, 2]):\n    print(x)\n    os.write(2, b'in')\n    while x == 2: pass"
    )
    page.send(page.labelled("x"), index=1)
    page.session.until(lambda: page.output.text("stderr") == "inin")
    page.session.interrupt()
    page.settle()
    first, second = page.shows()
    assert first == "2\n" and "KeyboardInterrupt" in second
    page.move("x", index=0)
    assert page.shows() == ["1\n"]


def test_the_layout_in_boxes(page: Page) -> None:
    page.evaluate(
        "@interact(layout={'top': [['a', ('b', 2)]], 'left': [['c']], 'bottom': [['d']]}, locations='k')\n"
        "def f(a=1, b=2, c=3, d=4, e=5): pass"
    )
    box = page.models[page.views[-1]["data"][VIEW]["model_id"]]
    rows = [page.models[row.removeprefix("IPY_MODEL_")] for row in box["children"]]
    kinds = [row["_model_name"] for row in rows]
    assert kinds == ["HBoxModel", "TextModel", "HBoxModel", "HBoxModel", "TextModel"]
    assert (rows[1]["description"], rows[4]["description"]) == ("e", "d")
    assert page.about["locations"]["a"] == "#ka"
    # The view itself has them by the ids of its parts, and what comes later has none.
    assert box["sagews_places"][page.labelled("d")] == "#kd" and len(box["sagews_places"]) == 7


def test_places_follow_the_controls(page: Page) -> None:
    page.evaluate(
        "@interact(locations={'a': '.here', 'later': 'td:first-child', 'nobody': '#x'})\ndef f(a=1, **m): pass"
    )
    view = page.views[-1]["data"][VIEW]["model_id"]
    assert page.models[view]["sagews_places"] == {page.labelled("a"): ".here"}
    page.evaluate("f.later = 2; del f.a")
    assert page.models[view]["sagews_places"] == {page.labelled("later"): "td:first-child"}
    assert "says no places" in page.evaluate("@interact(locations=3)\ndef g(a=1): pass").error["evalue"]


def test_a_layout_stands_beside_locations(page: Page) -> None:
    page.evaluate(
        "@interact(locations={'x': '#here'}, layout=[['text', 'x']])\n"
        "def f(text=HtmlBox('Choose <b>x</b>:'), x=(0, 10)):\n    print(x)"
    )
    box = page.models[page.views[-1]["data"][VIEW]["model_id"]]
    kinds = [page.models[row.removeprefix("IPY_MODEL_")]["_model_name"] for row in box["children"]]
    assert kinds == ["HBoxModel", "HBoxModel", "OutputModel"]
    assert page.about["locations"] == {"x": "#here"}
    assert page.shows() == ["0.0\n"]


def test_a_coroutine_is_refused(page: Page) -> None:
    error = page.evaluate("@interact\nasync def f(x=1): pass").error
    assert (error["ename"], error["evalue"]) == (
        "InteractError",
        "f: is a coroutine; write `def` instead of `async def`",
    )


def test_a_short_run_is_shown_as_a_whole_and_a_long_one_as_it_goes(page: Page) -> None:
    page.evaluate(
        "import time\n@interact\ndef f(x=[0.0, 0.5]):\n"
        "    for i in range(3):\n        print(i, end=' ')\n        time.sleep(0.06 + x)"
    )
    area = page.of_kind("OutputModel")[0]

    def seen() -> list[str]:
        return [
            "".join(output["text"] for output in content["data"]["state"]["outputs"])
            for content in page.output.all("comm_msg")
            if content["comm_id"] == area and "outputs" in content["data"]["state"]
        ]

    page.move("x", index=0)
    page.output.events.clear()
    page.evaluate("f._update()")
    assert seen() == ["0 1 2 "]
    page.move("x", index=1)
    assert len(seen()) > 2 and seen()[-1] == "0 1 2 "


def test_a_picture_goes_as_text_as_in_every_output(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=1):\n    display({'image/png': b'\\x89PNG', 'text/plain': 'picture'}, raw=True)")
    (output,) = page.models[page.of_kind("OutputModel")[0]]["outputs"]
    assert output["data"] == {"image/png": "iVBORw==", "text/plain": "picture"}


def _names(page: Page) -> list[str]:
    return [name for name, _ in page.saved["bookmarks"]]


def test_a_reader_adds_renames_and_deletes_bookmarks(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=(0, 10)): print(x)\nf._bookmark('far', {'x': 9})")
    page.press("Bookmarks")
    page.move("x", value=3)
    page.press("Add")
    page.evaluate("inner = f._interact._bookmarks; mine = inner._marking")
    page.evaluate("mine._name.value = '  <b>two\\nlines</b> '")
    page.press("Add")
    assert page.saved["bookmarks"][1:] == [["Bookmark 1", {"x": 3.0}], ["<b>two lines</b>", {"x": 3.0}]]
    page.press("far")
    page.press("Bookmark 1")
    assert page.shows() == ["3.0\n"]
    page.evaluate("list(mine._rows.values())[0].children[0].value = 'mine'")
    assert _names(page) == ["far", "mine", "<b>two lines</b>"]
    page.evaluate("list(mine._rows.values())[1].children[1].click()")
    assert _names(page) == ["far", "mine"]
    assert page.evaluate("inner.own, inner.rename('far', 'x'), inner.delete('far')").results == [
        "(['mine'], False, None)"
    ]
    assert _names(page) == ["far", "mine"]


def test_names_of_bookmarks_are_bounded_and_so_is_their_number(page: Page) -> None:
    page.evaluate("@interact\ndef f(x=(0, 10)): print(x)")
    page.press("Bookmarks")
    page.evaluate("inner = f._interact._bookmarks; mine = inner._marking; mine._name.value = 'n' * 5000")
    page.press("Add")
    for name in ("n" * 200, "   "):
        page.evaluate(f"mine._name.value = {name!r}")
        page.press("Add")
    assert _names(page) == ["n" * 200]
    assert page.evaluate("[inner.add(str(each)) for each in range(101)].count(True)").results == ["99"]
    assert page.evaluate("mine._adds.disabled").results == ["True"]


@pytest.mark.parametrize(
    "call", ["@interact\ndef f(b=Button()): pass", "@interact(readonly=True)\ndef f(x=(0, 1)): pass"]
)
def test_where_nothing_can_be_kept_no_bookmarks_are_offered(page: Page, call: str) -> None:
    page.evaluate(call)
    assert page.evaluate("f._interact._bookmarks._opener").results == []
    page.evaluate("f.y = (0, 1)")
    assert page.evaluate("f._interact._bookmarks._opener is None").results == [str("readonly" in call)]
    page.evaluate("del f.y")
    assert page.evaluate("f._interact._bookmarks._opener").results == []
