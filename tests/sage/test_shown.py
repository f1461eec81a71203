"""`show`, typeset values, graphics and files of Sage, in the forms that a page shows."""

import base64
import re
from typing import Any

import pytest

from tests.replay.outputs import error_of, shown
from tests.site.desk import Desk


async def form(desk: Desk, code: str) -> dict[str, Any]:
    """Return the one thing that a cell shows, by its forms."""
    (one,) = shown(await desk.evaluate(code))
    return one


TYPESET = [
    ("show(x^2, x^3)", r"$\displaystyle x^{2} x^{3}$"),
    ("pretty_print(x/2)", r"$\displaystyle \frac{1}{2} \, x$"),
    ("pretty_print_default(True); x/3", r"$\displaystyle \frac{1}{3} \, x$"),
    ("%display typeset\nsqrt(x)", r"$\displaystyle \sqrt{x}$"),
    ("%display latex\nmatrix(1, 2, [1, 2])", r"array"),
    ("LatexExpr('a^2')", None),
]


@pytest.mark.parametrize(("code", "expected"), TYPESET)
async def test_what_is_typeset(desk: Desk, code: str, expected: str | None) -> None:
    found = await form(desk, code)
    assert "text/html" not in found, "a page would show that and not the formula"
    if expected is None:
        assert found["text/plain"] == "a^2"
    else:
        assert expected in found["text/latex"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("%display ascii_art\nx^2/2", " 2\nx \n--\n2 "),
        ("%display unicode_art\nmatrix([[1/2]])", "(1/2)"),
        ("%display plain\nx/2", "1/2*x"),
    ],
)
async def test_what_is_text(desk: Desk, code: str, expected: str) -> None:
    found = await form(desk, code)
    assert found == {"text/plain": expected}


GRAPHICS = [
    "plot(sin, (x, 0, 1))",
    "show(plot(sin, (x, 0, 1)), figsize=2)",
    "graphics_array([plot(x), plot(x^2)]).show()",
    "multi_graphics([plot(x)])",
    "implicit_plot(x^2 + var('y')^2 - 1, (x, -1, 1), (y, -1, 1))",
    "show(graphs.PetersenGraph())",
    "graphs.PetersenGraph().plot()",
    "posets.BooleanLattice(2)",
    "plot(x).matplotlib()",
    "sphere().show(viewer='tachyon')",
    "sphere().show(viewer='jmol')",
    "plot(x).save('a.png'); from IPython.display import Image; Image('a.png')",
]


@pytest.mark.parametrize("code", GRAPHICS)
async def test_graphics_are_pictures_with_a_name(desk: Desk, code: str) -> None:
    found = await form(desk, code)
    assert base64.b64decode(found["image/png"]).startswith(b"\x89PNG")
    assert found["text/plain"]


async def test_graphics_are_drawings_where_these_are_wanted(desk: Desk) -> None:
    found = await form(desk, "%display graphics vector\nplot(x)")
    assert found["image/svg+xml"].startswith("<?xml") and "<svg" in found["image/svg+xml"]


@pytest.mark.parametrize(
    "code",
    [
        "sphere()",
        "show(polytopes.cube().plot())",
        "parametric_plot3d((cos(x), sin(x), x), (x, 0, 6))",
        "sphere().show(viewer='threejs', online=True)",
        "graphs.CubeGraph(3).show3d()",
    ],
)
async def test_what_turns_in_the_browser(desk: Desk, code: str) -> None:
    found = await form(desk, code)
    assert found["text/html"].strip().startswith("<iframe srcdoc=")
    assert "script src=&quot;/nbextensions/threejs-sage/" in found["text/html"]
    # Another site is only asked where ours has no such file: in another program.
    assert re.search(r"src=&quot;http[^&]*&quot;&gt;&lt;/script", found["text/html"]) is None


async def test_files_of_graphics_are_among_the_sessions(desk: Desk) -> None:
    names = ["a.eps", "a.pdf", "a.png", "a.svg", "b.html", "b.png", "b.stl", "c.sobj"]
    await desk.evaluate(
        "for end in ('eps', 'pdf', 'png', 'svg'): plot(x).save(f'a.{end}')\n"
        "for end in ('html', 'png'): sphere().save(f'b.{end}')\n"
        "cube().save('b.stl'); save(plot(x), 'c')"
    )
    assert [entry["name"] for entry in (await desk.list())["files"]] == names
    assert base64.b64decode((await form(desk, "load('c.sobj')"))["image/png"]).startswith(b"\x89PNG")


async def test_tables_and_html(desk: Desk) -> None:
    assert "<table" in (await form(desk, "table([[1, 2], [3, 4]], header_row=True)"))["text/html"]
    assert (await form(desk, "pretty_print(html('<i>a</i>'))"))["text/html"] == "<i>a</i>"
    assert r"\(x^2\)" in (await form(desk, "html('$x^2$')"))["text/html"]


async def test_a_program_that_is_missing_is_named_with_its_package(desk: Desk) -> None:
    events = await desk.run("view(x/2)")
    if events[-1]["reason"] != "done":
        assert "`texlive-latex-extra`" in error_of(events)["evalue"]
        assert "pip" not in error_of(events)["evalue"]
    code = "from sage.features.graphviz import Graphviz; Graphviz().resolution()"
    assert "The operator installs the package `graphviz`." in (await form(desk, code))["text/plain"]
