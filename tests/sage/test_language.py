"""Sage as its readers know it: its language, its forms of values, the programs that it talks to."""

import base64
import json

import pytest

from tests.replay.outputs import error_of, shown, stream, traceback_of
from tests.site.desk import Desk


async def printed(desk: Desk, code: str) -> str:
    return stream(await desk.evaluate(code), "stdout")


async def value(desk: Desk, code: str) -> str:
    """Return the value of the last line, as text."""
    return str(shown(await desk.evaluate(code))[-1]["text/plain"])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2^10", "1024"),
        ("7/3", "7/3"),
        ("type(1)", "<class 'sage.rings.integer.Integer'>"),
        ("f(x) = x^2; f(3)", "9"),
        ("R.<a,b> = QQ[]; (a+b)^2", "a^2 + 2*a*b + b^2"),
        ("[1..5]", "[1, 2, 3, 4, 5]"),
        ("0x1F.str(base=2)", "'11111'"),
        ("3.factor()", "3"),
        ("sage: 1 + 1\nsage: 2 + 2", "4"),
        ("'EllipticCurve' in dir()", "True"),
    ],
)
async def test_the_language_is_sages(desk: Desk, code: str, expected: str) -> None:
    assert await value(desk, code) == expected


async def test_a_mistake_is_shown_in_the_readers_own_line(desk: Desk) -> None:
    events = await desk.run("a = 1\nb = a / 0")
    assert error_of(events)["ename"] == "ZeroDivisionError"
    assert "----> 2 b = a / Integer(0)" in traceback_of(events) or "----> 2 b = a / 0" in traceback_of(events)


async def test_values_have_the_forms_that_a_page_shows(desk: Desk) -> None:
    (form,) = shown(await desk.evaluate("show(x^2/2)"))
    assert (r"\frac{1}{2}" in form["text/latex"], "text/html" in form) == (True, False)
    (form,) = shown(await desk.evaluate("plot(sin, -1, 1)"))
    assert base64.b64decode(form["image/png"]).startswith(b"\x89PNG")
    (form,) = shown(await desk.evaluate("graphs.PetersenGraph()"))
    assert base64.b64decode(form["image/png"]).startswith(b"\x89PNG")
    (form,) = shown(await desk.evaluate("sphere()"))
    assert "<iframe srcdoc=" in form["text/html"]
    assert "three.min.js" in form["text/html"]
    (form,) = shown(await desk.evaluate("html('<b>bold</b>')"))
    assert "<b>bold</b>" in form["text/html"]
    await desk.evaluate("%display latex")
    (form,) = shown(await desk.evaluate("matrix(2, [1, 2, 3, 4])"))
    assert "array" in form["text/latex"]


async def test_completion_and_documentation(desk: Desk) -> None:
    await desk.client.send("complete", session=desk.session, code="EllipticC", cursor=9)
    assert "EllipticCurve" in str((await desk.client.until("completed"))[-1])
    await desk.client.send("inspect", session=desk.session, code="factor(", cursor=6, detail=0)
    assert "factorization" in str((await desk.client.until("inspected"))[-1]).lower()


async def test_names_of_cells_of_other_programs_are_completed_later(desk: Desk) -> None:
    for code, language in (("tallGroup := SymmetricGroup(4);", "gap"), ("%%gp\ntallNumber = 7", "")):
        assert (await desk.run(code, language=language))[-1]["reason"] == "done"
    for code, expected in (("%%gap\nOrder(tallG", "tallGroup"), ("%%gp\ntallN", "tallNumber"), ("%%r\ntall", None)):
        await desk.client.send("complete", session=desk.session, code=code, cursor=len(code))
        matches = json.loads((await desk.client.until("completed"))[-1]["body"])["matches"]
        assert matches == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("%%gap\nOrder(SymmetricGroup(5));", "120"),
        ("%%maxima\nintegrate(x^2, x);", "x^3/3"),
        ("%%gp\nfactorint(12)", "[2 2]\n\n[3 1]"),
        ("%%singular\nring r = 0, x, dp; factorize(x2-1);", "_[2]=x-1"),
    ],
    ids=["gap", "maxima", "gp", "singular"],
)
async def test_cells_of_other_programs(desk: Desk, code: str, expected: str) -> None:
    said = await printed(desk, code)
    assert expected in said or expected.replace("-", "+") in said


async def test_files_and_temporary_files_are_the_sessions_own(desk: Desk) -> None:
    code = "import os\nprint(os.environ['DOT_SAGE'], tmp_filename(), tmp_dir(), sage.env.DOT_SAGE)"
    home, file, directory, own = (await printed(desk, code)).split()
    assert home == own
    assert home.endswith("/.sage")
    assert file.startswith("/tmp/sage_")  # the sandbox's
    assert directory.startswith("/tmp/sage_")
    await desk.evaluate("save(matrix(2), 'kept'); assert load('kept') == matrix(2)")
    assert [entry["name"] for entry in (await desk.list())["files"]] == ["kept.sobj"]


OF_LANGUAGES = [
    ("sage", "print(2^10, type(1).__name__)", "1024 Integer"),
    ("python", "print(2 ^ 10, type(1).__name__, factor(6))", "8 int 2 * 3"),
    ("gap", "Order(SymmetricGroup(5));", "120"),
    ("gp", "2^10", "1024"),
    ("maxima", "integrate(x^2, x);", "x^3/3"),
    ("singular", "2^10;", "1024"),
]


@pytest.mark.parametrize(("language", "code", "expected"), OF_LANGUAGES, ids=[name for name, _, _ in OF_LANGUAGES])
async def test_languages_of_cells(desk: Desk, language: str, code: str, expected: str) -> None:
    events = await desk.run(code, language=language)
    assert events[-1]["reason"] == "done", events
    assert stream(events, "stdout").strip() == expected
    assert await value(desk, "2^3") == "8"


@pytest.mark.parametrize(("language", "code", "expected"), OF_LANGUAGES, ids=[name for name, _, _ in OF_LANGUAGES])
async def test_the_first_line_of_a_cell_says_the_same(desk: Desk, language: str, code: str, expected: str) -> None:
    events = await desk.run(f"# a remark\n%%{language}\n{code}")
    assert events[-1]["reason"] == "done", events
    assert stream(events, "stdout").strip() == expected


async def test_terminals_keep_their_state_and_programs_do_not_need_packages_of_sages(desk: Desk) -> None:
    assert (await desk.run("ring r = 0, x, dp;", language="singular"))[-1]["reason"] == "done"
    assert "x+1" in stream(await desk.run("%%singular\ngcd(x2-1, x+1);"), "stdout").replace(" ", "")
    async with desk.http.get(f"{desk.base.partition('/sessions/')[0]}/version") as response:
        languages = (await response.json())["languages"]["sage"]
    assert languages[0] == "sage"
    assert {"gap", "gp", "html", "maxima", "python", "singular"} <= set(languages)
    for language in ("r", "octave", "macaulay2"):
        events = await desk.run("1", language=language)
        assert events[-1]["reason"] == "done" or error_of(events)["ename"] == "MissingProgramError"
