"""Variables that have controls, and expressions that follow them."""

from tests.unit.session.interact.page import Page


def test_a_control_sets_its_variable_and_follows_it(page: Page) -> None:
    page.evaluate("t = 3\ndynamic(t=(0, 10), x=[1, 2, 3, 4])")
    assert (page.state("t")["value"], page.session.evaluate("t, x").results) == (3.0, ["(3, 1)"])
    page.move("t", value=7.5)
    page.move("x", index=2)
    assert page.session.evaluate("t, x").results == ["(7.5, 3)"]
    page.evaluate("t = 5; x = 4")
    assert (page.state("t")["value"], page.state("x")["index"]) == (5.0, 3)
    assert page.evaluate("t, x").results == ["(5, 4)"], "the variables are what the cell has made them"


def test_a_value_that_the_control_cannot_have_stays_the_variables(page: Page) -> None:
    page.evaluate("dynamic(t=(0, 10), x=['a', 'b'], tick=True, word='so')")
    page.evaluate("t = 11; x = 'c'; tick = False; word = 'else'")
    assert page.evaluate("t, x, tick, word").results == ["(11, 'c', False, 'else')"]
    assert (page.state("t")["value"], page.state("x")["index"]) == (0.0, 0)
    assert (page.state("tick")["value"], page.state("word")["value"]) == (False, "else")
    page.move("x", index=1)
    assert page.evaluate("t, x").results == ["(11, 'b')"], "only what its reader moves is set"


def test_variables_by_name_and_by_themselves(page: Page) -> None:
    page.evaluate("size = 12\ndynamic('size', 'new'); dynamic(size)")
    page.move("size", value="size0 + 1")
    assert "NameError" in page.shows(1)[0], "an expression that fails is shown"
    page.move("size", value="6 * 7")
    assert page.evaluate("size, new").results == ["(42, '')"]
    wrong = page.evaluate("dynamic(object())").error
    assert wrong is not None and "is the value of no variable" in wrong["evalue"]


def test_an_expression_follows_what_it_names(page: Page) -> None:
    page.evaluate("t = 2\ndynamic(t=(0, 10))\ndynamic_expression('2 * t + later')")
    assert "NameError" in page.shows(1)[0]
    page.evaluate("later = 1")
    assert page.shows(1) == ["5"]
    page.move("t", value=4)
    assert page.shows(1) == ["9.0"]
    page.evaluate("dynamic_expression('t + later', 'later')")
    page.move("t", value=1)
    assert page.shows(2) == ["5.0"], "it was asked to follow another one"
    page.evaluate("later = 2")
    assert page.shows(2) == ["3.0"]


def test_a_cell_that_is_evaluated_again_has_one_control(page: Page) -> None:
    for _ in range(3):
        page.evaluate("dynamic(t=(0, 10))", cell="one")
    page.evaluate("from sagews.session.interact import dynamic as room")
    assert page.evaluate("len(room._followed)").results == ["1"]
