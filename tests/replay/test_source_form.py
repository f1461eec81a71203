"""Magics and the form of the source: ends of lines, comments, marks, scripts."""

import pytest

from tests.replay.outputs import bodies, reason_of, shown
from tests.running import RunningSite
from tests.site.client_end import result_of, text_of
from tests.site.desk import Desk
from tests.site.test_service import call


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
async def test_ends_of_lines(desk: Desk, end: str) -> None:
    r"""Evaluate magics and code whose lines end in `\n`, `\r\n` or `\r`, with tabs and a mark of byte order.

    All do the same, and the source is told to every tab as it was sent. Source: reported of an interactive shell.
    """
    await desk.evaluate("open('a-file', 'w').close()")
    events = await desk.evaluate(f"%ls{end}")
    assert "a-file" in text_of(events)
    code = f"\ufeff%%time{end}1+1{end}"
    events = await desk.evaluate(code)
    assert result_of(events) == "2" and "Wall time" in text_of(events)
    assert events[0]["kind"] == "queued" and events[0]["code"] == code
    events = await desk.evaluate(end.join(["if True:", "\tx = 1", "", "\ty = '''a", "b'''", "print([x, y])", ""]))
    assert text_of(events) == "[1, 'a\\nb']\n"
    assert text_of(await desk.evaluate(f"print(1)\r\nprint(2)\nprint(3)\r{end}")) == "1\n2\n3\n"


@pytest.mark.parametrize("before", ["# note\n", "\n", "  \n# a\n\n# b\n", "#\n"])
async def test_a_cell_magic_after_a_comment(desk: Desk, before: str) -> None:
    """Put a comment or blank lines before `%%time`: it works as if they were not there.

    Source: reported of a notebook server, whose error misled.
    """
    events = await desk.evaluate(f"{before}%%time\n6*7")
    assert result_of(events) == "42" and "Wall time" in text_of(events)


async def test_a_cell_magic_after_code_is_an_error(desk: Desk) -> None:
    """Put code before `%%time`: that is an error, and not silence."""
    assert reason_of(await desk.run("x = 1\n%%time\n6*7")) == "error"


async def test_a_magic_that_fails_and_the_code_after_it_tell_of_an_error_each(desk: Desk) -> None:
    """Search for what is no pattern, then use a name that is not there: two errors, each told once."""
    events = await desk.run("?*x a b c\nnot_there")
    assert [body["ename"] for body in bodies(events, "error")] == ["ValueError", "NameError"]
    assert reason_of(events) == "error"
    events = await desk.run("?*x a b c\n6*7")
    assert [body["ename"] for body in bodies(events, "error")] == ["ValueError"]
    assert result_of(events) == "42"


async def test_what_is_assigned_under_a_magic_is_kept(desk: Desk) -> None:
    """Time a cell that ends with an assignment, and one that ends with a value: the name is set, the value shown.

    Source: reported of an interactive shell, which skipped the last line.
    """
    await desk.evaluate("def f(n): return n + 1")
    assert shown(await desk.evaluate("%%time\nb = 1\nc = f(20)")) == []
    assert text_of(await desk.evaluate("print(b, c)")) == "1 21\n"
    assert result_of(await desk.evaluate("%%time\nd = 5\nd + c")) == "26"
    await desk.evaluate("%%capture told\nprint('captured')\ne = 7")
    assert text_of(await desk.evaluate("print(e, told.stdout.strip())")) == "7 captured\n"
    assert result_of(await desk.evaluate("%time g = f(1)\ng")) == "2"


SCRIPTS = [
    ("print('한글')", "한글\n"),
    ("π = 3; print(π)", "3\n"),
    ("# \U0001f600 a face\nprint('\U0001f600')", "\U0001f600\n"),
    ("ﬁ = 5; print(fi, ﬁ)", "5 5\n"),
    ("K = 2; print(\u212a)", "2\n"),
    ("print('a\u0308' == 'ä')", "False\n"),
    ("s = 'שלום'; print(len(s), s)", "4 שלום\n"),
]


@pytest.mark.parametrize(("code", "text"), SCRIPTS)
async def test_a_source_in_any_script(desk: Desk, product: RunningSite, code: str, text: str) -> None:
    """Print Hangul, use Greek names, comment with an emoji, name one thing in two forms that are one by NFKC.

    The output is right, on a connection and in a call; names that NFKC makes one are one, as in Python. Source:
    reported of a server of single cells, which gave an id and then nothing.
    """
    assert text_of(await desk.evaluate(code)) == text
    assert (await call(product, code))["stdout"] == text
