"""IPython as a session has it."""

import os
from pathlib import Path

import pytest

from tests.unit.session.running import RunningSession

EXITS = [
    ("exit", ""),
    ("quit()", ""),
    ("exit(3)", "3"),
    ("import sys\nsys.exit('text')", "text"),
    ("raise SystemExit(3)", "3"),
    ("def f():\n    quit('text')\nf()", "text"),
    ("import asyncio\nawait asyncio.sleep(0)\nexit(3)", "3"),
]


@pytest.mark.parametrize(("code", "value"), EXITS)
def test_exit_stops_the_cell_and_the_session_lives(session: RunningSession, code: str, value: str) -> None:
    session.evaluate("x = 42")
    output = session.evaluate(f"{code}\nprint('not reached')" if "\n" in code else code)
    assert output.error["ename"] == "SystemExit"
    assert output.error["evalue"] in (value, value or "None")
    assert "live on" in output.traceback
    assert output.status == "ERROR" and not output.text() and not output.text("stderr")
    assert session.evaluate("x").results == ["42"]


def test_exit_in_a_thread(session: RunningSession) -> None:
    output = session.evaluate(
        "import sys, threading\nt = threading.Thread(target=sys.exit, args=('text',))\nt.start(); t.join()"
    )
    assert "SystemExit: text" in output.text("stderr")
    assert session.evaluate("1+1").results == ["2"]


def test_magics_and_commands(session: RunningSession) -> None:
    assert session.evaluate("x = 'hi'\n!echo {x} $x").text() == "hi hi\n"
    assert session.evaluate("files = !echo a; echo b\nfiles").results == ["['a', 'b']"]
    assert "Wall time" in session.evaluate("%time 1").text()
    assert "loop" in session.evaluate("%timeit -n1 -r1 pass").text()
    assert session.evaluate("%%bash\necho in bash").text() == "in bash\n"
    assert session.evaluate("%%writefile f.txt\ncontent").status == "OK"
    assert session.evaluate("%cat f.txt").text() == "content\n"
    assert session.evaluate("%%capture c\nprint(1)").text() == ""
    assert session.evaluate("c.stdout").results == ["'1\\n'"]
    assert "x" in session.evaluate("%who").text()
    assert "1+1" in session.evaluate("1+1\n%history").text()
    assert session.evaluate("!exit 3").status == "OK"
    assert session.evaluate("_exit_code").results == ["3"]
    assert session.evaluate("%nothing").error["ename"] == "UsageError"


def test_ends_of_lines_and_byte_order_mark(session: RunningSession) -> None:
    assert "Wall time" in session.evaluate("%%time\r\n1+1\r\n").text()
    assert session.evaluate("\ufeff# note\r\nx = 1\r\n\tif False else 2\rx").status == "ERROR"
    assert session.evaluate("\ufeffx = 1\r\ny = 2\rx + y").results == ["3"]
    assert session.evaluate("if True:\r\n    %ls\r\n").status == "OK"
    assert session.evaluate("'''a\r\nb'''").results == ["'a\\nb'"]


def test_a_cell_magic_after_a_comment(session: RunningSession) -> None:
    assert "Wall time" in session.evaluate("# note\n\n%%time\nb = 1").text()


def test_time_keeps_the_last_assignment_and_the_value(session: RunningSession) -> None:
    session.evaluate("%%time\nb = 1\nc = max(20, b)")
    assert session.evaluate("c").results == ["20"]
    assert session.evaluate("%%time\nb = 1\nb + 1").results == ["2"]


def test_any_script(session: RunningSession) -> None:
    assert session.evaluate("αβ = '한글'  # 😀\nprint(αβ)").text() == "한글\n"
    assert session.evaluate("ﬁ = 5\nfi").results == ["5"]


def test_reset_and_deletion_do_no_harm(session: RunningSession) -> None:
    session.evaluate("x = 1")
    assert session.evaluate("%reset -f").status == "OK"
    assert session.evaluate("x").error["ename"] == "NameError"
    assert session.evaluate("for name in list(globals()): del globals()[name]").status == "OK"
    assert session.evaluate("1+1").status == "OK"
    assert session.evaluate("%reset -f -s").status == "OK"
    session.evaluate(
        "import sys\nfor name in list(sys.modules):\n    if name.startswith('sagews'): del sys.modules[name]"
    )
    assert session.evaluate("print(1)\n1+1").results == ["2"]
    assert session.complete("prin")["matches"]


def test_the_reader_is_main(session: RunningSession) -> None:
    output = session.evaluate(
        "import pickle, multiprocessing, sys\nclass C:\n    x = 1\ndef f(n): return n * n\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(f, [1, 2, 3]))\n"
        "pickle.loads(pickle.dumps(C())).x, sys.modules['__main__'].f is f, __name__"
    )
    assert output.text() == "[1, 4, 9]\n"
    assert output.results == ["(1, True, '__main__')"]


def test_nothing_is_written_to_the_home(session: RunningSession) -> None:
    home = Path(os.environ.get("HOME", "/"))
    before = set(home.iterdir())
    session.evaluate("1+1\n%history\nget_ipython().profile_dir, get_ipython().ipython_dir")
    assert {path.name for path in set(home.iterdir()) - before} <= {".cache"}


def test_a_session_has_no_screen(session: RunningSession) -> None:
    assert session.evaluate("%matplotlib qt").status == "ERROR"
    assert "no screen" in str(session.evaluate("%gui tk").events)


def test_nothing_of_the_rehearsal_is_left(session: RunningSession) -> None:
    output = session.evaluate(
        "import sys\n"
        "[n for n in globals() if n in ('plt', 'sympy', 'np', 'asyncio')], len(In), Out, hasattr(sys, 'last_type')"
    )
    assert output.results == ["([], 2, {}, False)"]
    assert output.all("execute_result")[0]["execution_count"] == 1


def test_what_ipython_has_from_the_first_cell_on(session: RunningSession) -> None:
    assert session.evaluate("(_, __, ___)").results == ["('', '', '')"]
    assert session.evaluate("_").results == ["('', '', '')"]
    assert session.evaluate("%rehashx").status == "OK"
