"""A cell that asks, and checks what is answered."""

from tests.unit.session.interact.page import Page

SUM = """exercise('''
import itertools
n = next(counter)
title = "Sum <first>"
question = f"What is $1 + 1$ and {n}?"
answer = 2 + n
''')"""


def said(page: Page) -> str:
    """Return what stands below the newest question."""
    boxes = [state["value"] for model, state in page.models.items() if state["_model_name"] == "HTMLMathModel"]
    return str(boxes[-1])


def test_an_answer_is_checked_with_hints_until_it_is_right(page: Page) -> None:
    page.evaluate("import itertools\ncounter = itertools.count(10)\n" + SUM)
    asked = [state["value"] for state in page.models.values() if state["_model_name"] == "HTMLMathModel"]
    assert asked == ["<h3>Sum &lt;first&gt;</h3><p>What is $1 + 1$ and 10?</p>", ""]
    page.move("Answer", value="11")
    assert said(page) == "", "nothing is checked before its reader says so"
    for attempt in range(1, 4):
        page.press("Check")
        assert said(page).startswith(f"<p>Not yet. Attempt {attempt}.</p>")
    assert said(page).endswith("<p>Hint: the answer is 12.</p>")
    page.move("Answer", value="6 * (")
    page.press("Check")
    assert "cannot be understood" in said(page)
    page.move("Answer", value="6 * 2")
    page.press("Check")
    assert said(page).startswith("<p><strong>Right</strong>, with 4 attempts in ")
    assert page.evaluate("'n' in globals(), 'answer' in globals()").results == ["(False, False)"]


def test_another_question_is_made_anew(page: Page) -> None:
    page.evaluate("import itertools\ncounter = itertools.count(10)\n" + SUM)
    for answer in (12, 13):
        page.move("Answer", value=str(answer))
        page.press("Check")
        assert "with the first attempt" in said(page)
        page.press("Another question")
        assert said(page) == ""
    assert len(page.of_kind("HTMLMathModel")) == 2, "the questions before are gone"


def test_a_check_of_its_own_with_a_comment_and_a_control(page: Page) -> None:
    page.evaluate(
        "def check(x): return (x == 3, '<too> low' if x < 3 else '')\n"
        "exercise('''\\nanswer = [3, (0..5) if False else range(6)]\\nhints = \"count <b>again</b>\"\\n"
        "def check(x): return (x == 3, '<too> low' if x < 3 else '')\\n''')".replace("(0..5) if False else ", "")
    )
    page.press("Check")
    assert said(page) == "<p>Not yet. Attempt 1.</p><p>Hint: count <b>again</b></p><p>&lt;too&gt; low</p>"
    page.move("Answer", index=3)
    page.press("Check")
    assert said(page).startswith("<p><strong>Right</strong>, with 2 attempts")


def test_what_is_no_exercise_is_said(page: Page) -> None:
    for code, words in (("", "has no code"), ("title = 'x'", "says no answer"), ("1 +", "SyntaxError")):
        error = page.evaluate(f"exercise({code!r})").error
        assert error is not None and words in error["ename"] + error["evalue"], code
