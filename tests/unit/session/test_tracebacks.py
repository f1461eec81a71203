"""Exceptions of every kind end in one error output, soon and of bounded size."""

import itertools
import time

import pytest

from sagews.session import tracebacks
from tests.unit.session.running import RunningSession, RunningZygote, plain


def test_a_traceback_leads_to_cell_and_line(session: RunningSession) -> None:
    session.evaluate("def f():\n    return 1 / 0", cell="c1")
    output = session.evaluate("\n\nf()", cell="c2")
    assert "Cell In[2], line 3" in output.traceback
    assert "Cell In[1], line 2, in f()" in output.traceback
    assert output.error["cells"] == {"1": "c1", "2": "c2"}
    assert (output.error["ename"], output.error["evalue"]) == ("ZeroDivisionError", "division by zero")
    assert output.status == "ERROR"


def test_a_function_keeps_the_source_it_came_from(session: RunningSession) -> None:
    session.evaluate("def f():\n    raise ValueError('old')", cell="c1")
    session.evaluate("# nothing\n" * 5, cell="c1")
    assert "raise ValueError('old')" in session.evaluate("f()", cell="c2").traceback


def test_chains(session: RunningSession) -> None:
    code = "try:\n    1/0\nexcept Exception as e:\n    raise {}"
    text = session.evaluate(code.format("ValueError('b') from e")).traceback
    assert text.index("ZeroDivisionError") < text.index("direct cause") < text.index("ValueError: b")
    assert "During handling" in session.evaluate(code.format("ValueError('b')")).traceback
    assert "ZeroDivisionError" not in session.evaluate(code.format("ValueError('b') from None")).traceback


def test_groups_show_all_members(session: RunningSession) -> None:
    text = session.evaluate(
        "def f(): raise KeyError('deep')\n"
        "try:\n    f()\nexcept KeyError as e:\n    deep = e\n"
        "raise ExceptionGroup('outer', [ValueError('one'), ExceptionGroup('inner', [deep, TypeError('two')])])"
    ).traceback
    for part in ("ExceptionGroup: outer", "ValueError: one", "inner", "KeyError: 'deep'", "TypeError: two"):
        assert part in text
    assert "in f()" in text, "a member's own frames are shown"
    assert "  |   | TypeError: two" in text, "nesting is visible"


@pytest.mark.parametrize(
    "code",
    [
        "def f(): g()\ndef g(): f()\nf()",
        "import sys\nsys.setrecursionlimit(30000)\ndef f(n): return n and f(n - 1) or 1/0\nf(5000)",
        "e = None\nfor i in range(900):\n    try:\n        raise ValueError(i) from e\n"
        "    except ValueError as caught:\n        e = caught\nraise e",
        "raise ExceptionGroup('many', [ValueError(i) for i in range(5000)])",
        "raise ValueError('x' * 10_000_000)",
        "x = ExceptionGroup('g', [ValueError(1)])\nfor i in range(500): x = ExceptionGroup('g', [x])\nraise x",
    ],
)
def test_huge_ones_are_folded(session: RunningSession, code: str) -> None:
    session.evaluate("1/0")
    start = time.monotonic()
    output = session.evaluate(code, cell="c1")
    assert time.monotonic() - start < 2
    assert sum(map(len, output.error["traceback"])) < 2 * tracebacks.MAX_TRACEBACK
    assert output.status == "ERROR"
    assert session.evaluate("1+1").results == ["2"]


def test_recursion_is_named(session: RunningSession) -> None:
    text = session.evaluate("def f(): g()\ndef g(): f()\nf()").traceback
    assert "RecursionError" in text and "frames left out: " in text and "f at line 1" in text


def test_a_lone_surrogate(session: RunningSession) -> None:
    output = session.evaluate("raise Exception(chr(0xD8FF))")
    assert output.error["evalue"] == "\\ud8ff"
    assert "Exception: \\ud8ff" in output.traceback


@pytest.mark.parametrize(
    "body",
    [
        "def __str__(self): raise ValueError",
        "def __str__(self): return 3",
        "def __str__(self): raise SystemExit",
        "def __repr__(self): raise ValueError",
        "def __getattr__(self, name): raise ValueError",
        "__notes__ = 5",
        "__notes__ = [object()]",
        "@property\n    def __notes__(self): raise ValueError",
    ],
)
def test_exceptions_that_fail_to_say_what_they_are(session: RunningSession, body: str) -> None:
    output = session.evaluate(f"class Odd(Exception):\n    {body}\nraise Odd(1)")
    assert output.error["ename"] == "Odd"
    assert session.evaluate("1+1").results == ["2"]


def test_notes(session: RunningSession) -> None:
    assert "a note" in session.evaluate("e = ValueError('x')\ne.add_note('a note')\nraise e").traceback


def test_base_exceptions(session: RunningSession) -> None:
    output = session.evaluate("class Odd(BaseException): pass\nraise Odd('x')")
    assert output.error["ename"] == "Odd" and output.status == "ERROR"
    output = session.evaluate(
        "import threading\ndef f(): raise Odd('thread')\nt = threading.Thread(target=f)\nt.start()\nt.join()"
    )
    assert "Odd: thread" in output.text("stderr")
    assert session.evaluate("raise GeneratorExit").error["ename"] == "GeneratorExit"
    assert session.evaluate("raise KeyboardInterrupt").error["ename"] == "KeyboardInterrupt"
    assert session.evaluate("import asyncio\nraise asyncio.CancelledError").error["ename"] == "CancelledError"
    assert session.evaluate("1+1").results == ["2"]


@pytest.mark.parametrize(
    "code", ["f(", "x = = 1", "if 1:\n  a\n b", "def f():\nreturn", "return 1", "'\\ud800'.x(", "break"]
)
def test_syntax_errors(session: RunningSession, code: str) -> None:
    output = session.evaluate(code, cell="c1")
    assert output.error["ename"] in ("SyntaxError", "IndentationError")
    assert "line" in output.traceback
    assert "<cell" not in plain(output.error["evalue"] + output.traceback)


def test_of_a_long_line_the_place_of_the_error_is_shown(session: RunningSession) -> None:
    output = session.evaluate("x = [" + "1, " * 20_000 + "here ! 2, " + "3, " * 20_000 + "]")
    assert output.error["ename"] == "SyntaxError"
    shown = plain(output.traceback)
    assert "here ! 2" in shown and len(shown) < 5000
    line, caret = next((one, next_) for one, next_ in itertools.pairwise(shown.splitlines()) if "here" in one)
    assert line[caret.index("^") :].startswith(("!", "here"))


def test_syntax_errors_in_code_that_the_cell_makes(session: RunningSession) -> None:
    output = session.evaluate("def f():\n    return eval('1 +')\nf()")
    assert "Cell In[1], line 2" in output.traceback and "SyntaxError" in output.traceback
    assert "IPython" not in output.traceback


def test_nul_in_the_source(session: RunningSession) -> None:
    output = session.evaluate("print(1)\0")
    assert output.error["ename"] in ("SyntaxError", "ValueError")
    assert "null" in output.error["evalue"]


def test_source_nested_too_deep(session: RunningSession) -> None:
    output = session.evaluate("(" * 5000 + ")" * 5000)
    assert output.status == "ERROR"
    assert output.error["traceback"]
    assert session.evaluate("1+1").results == ["2"]


def test_an_error_between_texts(session: RunningSession) -> None:
    output = session.evaluate("import math\nprint('start')\nmath.nothing\nprint('end')")
    assert output.text() == "start\n"
    assert "nothing" in output.error["evalue"]


def test_the_machinery_is_not_in_the_traceback(session: RunningSession) -> None:
    for code in ("1/0", "await f()", "import asyncio\nasync def g(): 1/0\nawait g()", "%timeit -n1 -r1 1/0"):
        assert "sagews" not in session.evaluate(code).traceback


def test_modes(session: RunningSession) -> None:
    for mode in ("Plain", "Verbose", "Minimal", "Context"):
        session.evaluate(f"%xmode {mode}")
        assert "ZeroDivisionError" in session.evaluate("1/0").traceback


def test_memory_limit(zygote: RunningZygote) -> None:
    with zygote.session(address_space=1 << 30) as session:
        output = session.evaluate("x = bytearray(3 << 30)")
        assert output.error["ename"] == "MemoryError"
        assert session.evaluate("1+1").results == ["2"]
        output = session.evaluate("x = []\nwhile True: x.append(bytearray(1 << 20))")
        assert output.error["ename"] == "MemoryError"
        assert session.evaluate("del x\n1+1").results == ["2"]
