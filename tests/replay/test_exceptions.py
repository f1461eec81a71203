"""Exceptions of every kind: one report each, in bounds, and an end."""

import time

import pytest

from tests.replay.outputs import bodies, error_of, reason_of, shown, traceback_of
from tests.running import RunningSite
from tests.site.client_end import result_of, text_of
from tests.site.desk import Desk
from tests.site.test_service import call


async def test_a_group_shows_all_its_members(desk: Desk) -> None:
    """Raise a group of a ValueError and another group: every member is shown, with its place and its nesting.

    Source: reported of an interactive shell, which showed the group alone.
    """
    events = await desk.run("""
def fails(error): raise error
def caught(error):
    try: fails(error)
    except Exception as raised: return raised
inner = ExceptionGroup('inner', [caught(KeyError('deep')), TypeError('flat')])
raise ExceptionGroup('outer', [caught(ValueError('first')), inner])
""")
    assert reason_of(events) == "error"
    report = traceback_of(events)
    for line in ("outer", "ValueError: first", "inner", "KeyError: 'deep'", "TypeError: flat"):
        assert line in report
    assert report.count("in fails") == 2
    nested = next(line for line in report.splitlines() if "KeyError: 'deep'" in line)
    flat = next(line for line in report.splitlines() if "ValueError: first" in line)
    assert nested.count("|") == 2 and flat.count("|") == 1


async def test_a_message_that_is_half_a_surrogate_pair(desk: Desk, product: RunningSite) -> None:
    """Raise an exception whose message is U+D8FF: one report, with an escape in its place; the next cell runs.

    Source: reported of an interactive shell, whose printer of tracebacks failed itself.
    """
    code = "raise Exception(chr(0xD8FF))"
    events = await desk.run(code)
    assert reason_of(events) == "error"
    assert error_of(events)["evalue"] == "\\ud8ff"
    assert "Exception: \\ud8ff" in traceback_of(events)
    assert result_of(await desk.evaluate("1+1")) == "2"
    assert (await call(product, code))["execute_reply"]["evalue"] == "\\ud8ff"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def f(n): return g(n)\ndef g(n): return f(n)\nf(1)", "frames left out"),
        (
            "error = None\nfor number in range(900):\n    link = ValueError(number)\n"
            "    link.__cause__, error = error, link\nraise error",
            "more exceptions of this chain",
        ),
        (
            "def chain(n):\n    try: raise ValueError(n)\n    except ValueError:\n        if n: chain(n - 1)\n"
            "        raise KeyError(n)\nchain(200)",
            "more exceptions of this chain",
        ),
    ],
    ids=["mutual recursion", "a chain of causes", "a chain of contexts"],
)
async def test_what_is_deep_or_long_is_folded(desk: Desk, code: str, told: str) -> None:
    """Recurse until Python refuses, and chain 900 exceptions: the report comes within 2 s, folded and in bounds.

    Source: reported of an interactive shell, which took minutes.
    """
    begun = time.monotonic()
    events = await desk.run(code)
    assert time.monotonic() - begun < 2
    assert reason_of(events) == "error"
    assert told in traceback_of(events)
    assert len(traceback_of(events)) < 200_000
    assert result_of(await desk.evaluate("1+1")) == "2"


@pytest.mark.parametrize(
    ("made", "attribute"),
    [
        ("import re; it = re.compile('x')", "nonexistent"),
        ("import datetime; it = datetime.date(2026, 1, 1)", "nonexistent"),
        ("import numpy; it = numpy.float64(1)", "nonexistent"),
        ("import ctypes; it = ctypes.c_int()", "nonexistent"),
        ("import sys; it = sys.flags", "nonexistent"),
    ],
)
async def test_a_missing_attribute_of_a_compiled_object(desk: Desk, made: str, attribute: str) -> None:
    """Print, ask a compiled object for an attribute that it has not, print: the first text, then the error.

    Source: reported of a server of single cells, which showed nothing and never ended.
    """
    events = await desk.run(f"{made}\nprint('start')\nit.{attribute}\nprint('end')")
    assert reason_of(events) == "error"
    assert text_of(events) == "start\n"
    assert error_of(events)["ename"] == "AttributeError"
    assert attribute in traceback_of(events)


MISBEHAVING = """
class Raises:
    def __repr__(self): raise ValueError('no repr today')
class Odd:
    def __repr__(self): return 17
class Both(Raises):
    def _repr_html_(self): raise KeyError('no html today')
class Exits:
    def __repr__(self): raise SystemExit('leaving')
class Closed:
    def __getattribute__(self, name): raise ValueError('closed today')
class Mute(Exception):
    def __str__(self): raise ValueError('no message today')
class Numeric(Exception):
    def __str__(self): return 17
"""


@pytest.mark.parametrize("made", ["Raises()", "Odd()", "Both()", "Exits()", "Closed()"])
async def test_a_repr_that_fails(desk: Desk, made: str) -> None:
    """Show an object whose repr raises, or is no text, in every way: there is a note or a traceback, and an end.

    What several of its forms fail with is told once. Source: reported of an interactive shell.
    """
    await desk.evaluate(MISBEHAVING)
    words = {"Raises": "no repr today", "Odd": "non-string", "Both": "today", "Exits": "leaving", "Closed": "closed"}
    for form in ("{}", "display({})", "print({})", "[{}]", "{{1: {}}}", "print([{}])", "str({})"):
        events = await desk.run(form.format(made))
        assert reason_of(events) in {"done", "error"}
        told = "".join(traceback_of([event]) for event in events if event.get("output_kind") == "error")
        told += text_of(events) + "".join(form["text/plain"] for form in shown(events))
        assert words[made[:-2]] in told.lower(), form
        assert len(bodies(events, "error")) <= 2, form
        assert result_of(await desk.evaluate("1+1")) == "2"


@pytest.mark.parametrize("made", ["Mute('x')", "Numeric('x')", "ExceptionGroup('g', [Mute(), Numeric()])"])
async def test_an_exception_whose_text_fails(desk: Desk, made: str) -> None:
    """Raise an exception whose `__str__` raises, or gives no text: the report says so, and the next cell runs.

    Source: reported of an interactive shell.
    """
    await desk.evaluate(MISBEHAVING)
    events = await desk.run(f"raise {made}")
    assert reason_of(events) == "error"
    assert "message cannot be shown" in traceback_of(events)
    assert result_of(await desk.evaluate("1+1")) == "2"


PLACES = {
    "the cell": "raise {}",
    "a thread": "def f(): raise {}\nthread = threading.Thread(target=f); thread.start(); thread.join()",
    "what is awaited": "async def f(): raise {}\nawait f()",
    "a task": "async def f(): raise {}\ntask = asyncio.create_task(f()); await asyncio.sleep(0.05)",
    "a callback": "def f(): raise {}\nasyncio.get_running_loop().call_soon(f); await asyncio.sleep(0.05)",
    "a finaliser": "class Last:\n    def __del__(self): raise {}\nLast(); None",
}


@pytest.mark.parametrize("place", list(PLACES))
async def test_an_exception_of_no_usual_class(desk: Desk, place: str) -> None:
    """Raise what is no Exception, in the cell, a thread, a task, a callback and a finaliser: the session lives.

    Source: reported of a notebook of another kind, whose process ended.
    """
    await desk.evaluate("import asyncio, threading\nclass Odd(BaseException): pass\nkept = 5")
    for raised in ("Odd", "GeneratorExit", "KeyboardInterrupt", "asyncio.CancelledError"):
        events = await desk.run(PLACES[place].format(f"{raised}('mine')"))
        if place in {"the cell", "what is awaited"}:
            assert (reason_of(events), len(bodies(events, "error"))) == ("error", 1), raised
        else:
            assert reason_of(events) in {"done", "error"}, raised
        if raised == "Odd":
            assert "mine" in str(events)
        assert result_of(await desk.evaluate("kept")) == "5"
