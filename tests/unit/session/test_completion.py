"""Completion runs nothing of the reader's."""

import time

from tests.unit.session.running import RunningSession

SLY = """
import time
count = 0
class Sly:
    @property
    def slow(self):
        global count
        count += 1
        print('run!')
        time.sleep(5)
    def __getattr__(self, name):
        global count
        count += 1
        raise ValueError(name)
class Nested:
    @property
    def inner(self):
        global count
        count += 1
        return Sly()
a, n = Sly(), Nested()
class HangingDir:
    def __dir__(self):
        while True: pass
h = HangingDir()
class BadDir:
    def __dir__(self): raise ValueError
b = BadDir()
"""


def test_names_and_attributes(session: RunningSession) -> None:
    session.evaluate("import numpy as np\nvariable_1 = 'text'")
    answer = session.complete("x = vari")
    assert answer["matches"] == ["variable_1"]
    assert (answer["cursor_start"], answer["cursor_end"]) == (4, 8)
    assert "linspace" in [match.rpartition(".")[2] for match in session.complete("np.lins")["matches"]]
    assert any(match.endswith("upper") for match in session.complete("variable_1.up")["matches"])
    assert session.complete("%timei")["matches"]
    assert "collections" in session.complete("import colle")["matches"]


def test_the_shape(session: RunningSession) -> None:
    session.evaluate("def function_1(a, b=2): pass")
    answer = session.complete("functi")
    assert answer["metadata"] == {
        "_jupyter_types_experimental": [
            {"start": 0, "end": 6, "text": "function_1", "type": "function", "signature": "(a, b=2)"}
        ]
    } or answer["matches"] == ["function_1"]
    assert session.complete("function_1(")["matches"][:2] == ["a=", "b="]


def test_cursor_in_the_middle_counts_characters(session: RunningSession) -> None:
    session.evaluate("variable_1 = 1")
    answer = session.complete("'😀'; vari + 2", 9)
    assert answer["matches"] == ["variable_1"]
    assert (answer["cursor_start"], answer["cursor_end"]) == (5, 9)


def test_nothing_of_the_readers_is_run(session: RunningSession) -> None:
    session.evaluate(SLY)
    for code in ("a.", "a.s", "a.slow.", "a.x.y", "n.inner.", "n.inner.s", "a[0].", "f'{a.slow.", "a.slow['"):
        start = time.monotonic()
        session.complete(code)
        assert time.monotonic() - start < 1, code
    output = session.evaluate("count")
    assert output.results == ["0"]
    assert "run!" not in output.text()


def test_what_fails_or_hangs_gives_none_in_time(session: RunningSession) -> None:
    session.evaluate(SLY)
    session.complete("b.")
    assert session.complete("h.", deadline=1.5)["matches"] == []
    assert session.evaluate("1+1").results == ["2"]


def test_odd_requests(session: RunningSession) -> None:
    for code, cursor in (("", 0), ("abc", 1000), ("(" * 1000, 500), ("\0", 1), ("'\n", 2), ("%%time\nprin", 11)):
        assert "matches" in session.complete(code, cursor)


def test_a_timer_of_the_readers_survives(session: RunningSession) -> None:
    session.evaluate("import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: print('alarm'))\nsignal.alarm(1)")
    session.complete("prin")
    assert session.evaluate("time.sleep(1.5)").text() == "alarm\n"


def test_code_of_another_language_has_that_ones_names(session: RunningSession) -> None:
    session.evaluate("symmetry = 1\nSymmetries = 2")
    answer = session.complete("# a remark\n%%gap\ng := Symmet")
    assert "SymmetricGroup" in answer["matches"] and "Symmetries" not in answer["matches"]
    assert (answer["cursor_start"], answer["cursor_end"]) == (22, 28)
    assert "Symmetries" in session.complete("%%python\nSymmet")["matches"]
    assert "SymmetricGroup" not in session.complete("Symmet")["matches"]
