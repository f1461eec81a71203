"""Rich outputs."""

import base64

import pytest

from tests.unit.session.running import RunningSession

CLASSES = """
class Latex:
    def _repr_latex_(self): return '$x$'
class Png:
    def _repr_png_(self): return b'\\x89PNG'
class Svg:
    def _repr_svg_(self): return '<svg/>'
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/html': '<i>'}
"""


def bundle(session: RunningSession, code: str) -> dict:
    (content,) = session.evaluate(code).all("execute_result")
    return content["data"]


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("Latex", "text/latex", "$x$"),
        ("Png", "image/png", base64.b64encode(b"\x89PNG").decode()),
        ("Svg", "image/svg+xml", "<svg/>"),
        ("Bundle", "text/html", "<i>"),
    ],
)
def test_every_kind_of_repr_with_a_text_beside_it(session: RunningSession, name: str, kind: str, value: str) -> None:
    data = bundle(session, f"{CLASSES}{name}()")
    assert data[kind] == value
    assert name in data.get("text/plain", name)


def test_mathematics(session: RunningSession) -> None:
    data = bundle(session, "from sympy import *\nx = Symbol('x')\nIntegral(sin(x)/x, x)")
    assert data == {
        "text/latex": r"$\displaystyle \int \frac{\sin{\left(x \right)}}{x}\, dx$",
        "text/plain": "Integral(sin(x)/x, x)",
    }


def test_tables(session: RunningSession) -> None:
    data = bundle(session, "import pandas as pd\npd.DataFrame({'a': ['$200 to $700']})")
    assert "<table" in data["text/html"] and "$200 to $700" in data["text/html"]


def test_figures_are_shown_after_the_cell(session: RunningSession) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nprint('text')"
    for _ in range(2):
        output = session.evaluate(code)
        assert output.kinds == ["stdout", "display_data"]
        assert output.events[1][1]["data"]["image/png"].startswith("iVBOR")
        session.evaluate("%matplotlib inline")


def test_figures_as_svg(session: RunningSession) -> None:
    session.evaluate("%config InlineBackend.figure_formats = ['svg']")
    output = session.evaluate("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    (content,) = output.all("display_data")
    assert "<svg" in content["data"]["image/svg+xml"]


def test_a_missing_glyph_does_not_hide_the_figure(session: RunningSession) -> None:
    output = session.evaluate("import matplotlib.pyplot as plt\nplt.title('\\uac00 $\\\\alpha$');")
    assert output.status == "OK"
    assert output.all("display_data")


def test_updates_and_clearing(session: RunningSession) -> None:
    output = session.evaluate(
        "from IPython.display import clear_output\n"
        "handle = display('one', display_id='d1')\nhandle.update('two')\nclear_output(wait=True)\nprint('x')"
    )
    assert output.kinds == ["display_data", "update_display_data", "clear_output", "stdout"]
    assert output.events[0][1]["transient"] == output.events[1][1]["transient"] == {"display_id": "d1"}
    assert output.events[2][1] == {"wait": True}


def test_media_and_texts_of_ipython(session: RunningSession) -> None:
    output = session.evaluate(
        "from IPython.display import *\nimport numpy as np\n"
        "display(HTML('<b>1</b>'), Markdown('*a*'), Latex('$x$'), JSON({'a': [1, {}]}), SVG('<svg/>'))\n"
        "display(Audio(np.sin(np.arange(800.0)), rate=8000), Video(b'\\0', embed=True, mimetype='video/mp4'))\n"
        "display(Image(b'\\x89PNG\\r\\n\\x1a\\n0000', format='png'))"
    )
    assert output.status == "OK"
    found = {kind for content in output.all("display_data") for kind in content["data"]}
    assert found >= {"text/html", "text/markdown", "text/latex", "application/json", "image/svg+xml", "image/png"}


def test_what_json_does_not_know(session: RunningSession) -> None:
    output = session.evaluate(
        "import numpy as np\n"
        "display({'application/x': {'a': float('nan'), 'b': np.int64(3), 'c': {1}, 'd': '\\ud8ff'}}, raw=True)"
    )
    (content,) = output.all("display_data")
    assert content["data"]["application/x"] == {"a": None, "b": 3, "c": [1], "d": "\\ud8ff"}


def test_an_output_over_the_limit_is_named(session: RunningSession) -> None:
    output = session.evaluate("from IPython.display import HTML\nHTML('x' * (17 << 20))")
    (content,) = output.all("display_data")
    assert "17,8" in content["data"]["text/plain"] and "16,777,216" in content["data"]["text/plain"]
    assert output.status == "OK"


BAD = "class Bad:\n    def __repr__(self): {}\n"


@pytest.mark.parametrize("body", ["raise ValueError('no')", "return 7", "raise KeyboardInterrupt"])
@pytest.mark.parametrize("use", ["Bad()", "print(Bad())", "[Bad()]", "{'a': Bad()}", "display(Bad())"])
def test_an_object_whose_repr_fails(session: RunningSession, body: str, use: str) -> None:
    output = session.evaluate(BAD.format(body) + use)
    assert output.status in ("OK", "ERROR")
    assert output.events
    assert session.evaluate("1+1").results == ["2"]


def test_a_semicolon_hides_the_value(session: RunningSession) -> None:
    assert session.evaluate("1+1;").events == []


def test_the_last_values(session: RunningSession) -> None:
    session.evaluate("41+1")
    assert session.evaluate("_ + Out[1]").results == ["84"]


def test_an_error_of_several_forms_is_shown_once(session: RunningSession) -> None:
    output = session.evaluate(
        "class Closed:\n    def __getattribute__(self, name): raise ValueError('closed')\nClosed()"
    )
    assert [error["evalue"] for error in output.all("error")] == ["closed"]
    code = (
        "class {0}:\n    def _repr_html_(self): raise ValueError(1)\n    def _repr_png_(self): raise ValueError({1})\n"
    )
    for name, second, shown in (("Same", 1, ["1"]), ("Two", 2, ["1", "2"])):
        output = session.evaluate(f"{code.format(name, second)}{name}()")
        assert [error["evalue"] for error in output.all("error")] == shown


def test_a_value_is_shown_whatever_became_of_the_streams(session: RunningSession) -> None:
    for stream in ("None", "open('/dev/full', 'w')", "5"):
        output = session.evaluate(f"import sys\nkept, sys.stdout = sys.stdout, {stream}\n6*7")
        session.evaluate("sys.stdout = kept")
        assert output.results == ["42"]
