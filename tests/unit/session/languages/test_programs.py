"""Cells in other languages: what the shell makes of them, and the programs of this machine that run them."""

import base64
import shutil
import time
from collections.abc import Iterator

import pytest

from sagews.protocol.languages import LANGUAGES
from sagews.session.languages.programs import PROGRAMS
from tests.unit.session.running import RunningSession, running_zygote

HERE = {name for name, program in PROGRAMS.items() if program.path}
"""Languages whose programs this machine has."""
VALUES = {
    "gap": ('x := 2;;\nOrder(SymmetricGroup(x + 3));\nPrint("ä\\n");', "120\nä"),
    "gp": ("f(x) = {\n  x^2\n}\nfactorint(f(6))", "(x)->x^2\n\n[2 2]\n\n[3 2]"),
    "macaulay2": ("R = QQ[x];\ngcd(x^2-1, x-1)", "o2 = x - 1\n\no2 : R"),
    "maxima": ("f(x) := x^2$\nintegrate(f(x), x);", "x^3/3"),
    "octave": ("function y = f (x)\n  y = x^2;\nend\na = f (3)\nx = 1:3;", "a = 9"),
    "r": ("x <- c(1, 2, 6)\nmean(x)\ncat('ä\\n')", "[1] 3\nä"),
    "singular": ("ring r = 0, x, dp;\ngcd(x2-1, x-1);", "x-1"),
}
"""A cell of each, and what it says: values that anybody can check."""
FAILING = {
    "gap": ('1/0;\nPrint("not reached\\n");', "must not be zero"),
    "gp": ('1/0\nprint("not reached")', "impossible inverse"),
    "macaulay2": ('error "oh"\nprint "not reached"', "oh"),
    "octave": ('error ("oh")\ndisp ("not reached")', "error: oh"),
    "r": ("stop('oh')\ncat('not reached')", "oh"),
}
SLEEPING = {
    "gap": "while true do od;",
    "gp": "print(1); while(1,)",
    "octave": "disp (1); pause (60)",
    "r": "cat(1, '\\n'); Sys.sleep(60)",
}


def installed(*names: str) -> list[object]:
    """Return parameters for languages; those whose programs are not here are skipped."""
    missing = pytest.mark.skip(reason="its program is not installed here")
    return [pytest.param(name, marks=() if name in HERE else missing, id=name) for name in names]


@pytest.fixture(scope="module")
def bare() -> Iterator[RunningSession]:
    """Give a session where no program is to be found."""
    with running_zygote(preload=[], environment={"PATH": "/nowhere"}) as zygote, zygote.session() as session:
        assert list(zygote.preloaded.languages) == ["python", "html"]
        yield session


def test_the_table_has_a_row_for_each_language_of_a_program() -> None:
    assert set(PROGRAMS) == set(LANGUAGES) - {"sage", "python", "html"}
    for program in PROGRAMS.values():
        assert program.title and program.package and program.commands
        assert not program.code or any(program.code in each for each in (*program.arguments, *program.files.values()))


def test_python_and_no_language_are_the_same_here(session: RunningSession) -> None:
    assert session.evaluate("x = 2\n%time x ** 10", language="python").results == ["1024"]
    assert session.evaluate("x", language="").results == ["2"]


def test_the_first_line_of_a_cell_says_its_language(session: RunningSession) -> None:
    """IPython's own `%%python` would run it in a process that knows nothing of `x`."""
    session.evaluate("x = 2")
    assert session.evaluate("# a remark\n\n%%python \n%time x ** 10").results == ["1024"]
    failed = session.evaluate("%%python\nx\nx / 0")
    assert "----> 3 x / 0" in failed.traceback
    assert session.evaluate("%%sage\n2^10").error["ename"] == "MissingProgramError"
    assert [shown["data"]["text/html"] for shown in session.evaluate("%%html\n<b>").all("display_data")] == ["<b>\n"]
    assert session.evaluate("%%python --out kept\nprint(x)").error["ename"] != "SyntaxError", "options: it is IPython's"


def test_html_is_shown_as_it_is(session: RunningSession) -> None:
    code = '<b>%time</b> {x} $y\n>>> \'quoted\' """twice""" \\n'
    output = session.evaluate(code, language="html")
    assert (output.status, [shown["data"]["text/html"] for shown in output.all("display_data")]) == ("OK", [code])
    assert session.evaluate(" \n", language="html").events == []


def test_html_can_be_repeated(zygote: object, session: RunningSession) -> None:
    output = session.evaluate("<b>1</b>", language="html", watched=True)
    assert (output.status, output.unrepeatable) == ("OK", "")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_missing_program_is_named_and_its_package(bare: RunningSession, name: str) -> None:
    program = PROGRAMS[name]
    for output in (bare.evaluate("1", language=name), bare.evaluate(f"%%{name}\n1"), bare.evaluate(f"%{name} 1")):
        assert (output.status, output.kinds) == ("ERROR", ["error"])
        assert output.error["ename"] == "MissingProgramError"
        assert output.error["evalue"].startswith(f"{program.title}: is not installed on this worker; ")
        assert f"`{program.package}`" in output.error["evalue"]
        assert output.traceback == f"MissingProgramError: {output.error['evalue']}"


def test_sage_and_unknown_languages(bare: RunningSession) -> None:
    assert "Sage: is not in this environment" in bare.evaluate("1", language="sage").error["evalue"]
    assert "choose one of sage, gap" in bare.evaluate("1", language="cobol").error["evalue"]
    assert bare.evaluate("1+1").results == ["2"]


def test_a_magic_takes_no_options(bare: RunningSession) -> None:
    assert bare.evaluate("%%r -i x\n1").error["ename"] == "UsageError"


@pytest.mark.parametrize("name", installed(*VALUES))
def test_a_program_runs_a_cell(session: RunningSession, name: str) -> None:
    code, expected = VALUES[name]
    output = session.evaluate(code, language=name, deadline=60)
    assert output.status == "OK", output
    # Debian's Maxima and Singular have to say first what they load, or miss.
    said = output.text().strip("\n")
    assert said == expected or (name in ("maxima", "singular") and said.endswith(f"\n{expected}"))
    assert session.evaluate(f"%%{name}\n{code}", deadline=60).text() == output.text()
    left = "import os\n[each for each in os.listdir(os.environ['TMPDIR']) if each.startswith('sagews-')], os.listdir()"
    assert session.evaluate(left).results == ["([], [])"]


@pytest.mark.parametrize("name", installed(*FAILING))
def test_an_error_ends_the_cell_and_not_the_session(session: RunningSession, name: str) -> None:
    code, said = FAILING[name]
    output = session.evaluate(code, language=name, deadline=60)
    assert output.status == "ERROR"
    assert said in output.text("stderr") + output.text()
    assert "not reached" not in output.text()
    assert output.error["ename"] == "ProgramError"
    assert output.error["evalue"].startswith(f"{PROGRAMS[name].title}: ended with status ")
    assert session.evaluate("1+1").results == ["2"]


@pytest.mark.parametrize("name", installed(*SLEEPING))
def test_an_interrupt_reaches_the_program(session: RunningSession, name: str) -> None:
    output = session.start(SLEEPING[name], language=name)
    if name == "gap":
        time.sleep(2)  # It says nothing on the way.
    else:
        session.until(lambda: "1" in output.text(), 60)
    session.interrupt()
    session.finish(output)
    assert output.status == "INTERRUPTED"
    assert output.error["ename"] == "KeyboardInterrupt"
    assert session.evaluate("import os\nos.popen('ps -e -o comm').read().count('sleep 60')").results == ["0"]


@pytest.mark.parametrize("name", installed("r"))
def test_what_ignores_interrupts_is_killed_with_what_it_started(session: RunningSession, name: str) -> None:
    code = "cat('begun\\n'); system('trap \"\" INT; sleep 4321 & while :; do sleep 4321; done')"
    output = session.start(code, language=name)
    session.until(lambda: "begun" in output.text(), 60)
    time.sleep(0.5)
    session.interrupt()
    session.finish(output)
    assert output.status == "INTERRUPTED"
    alive = "!ps -u $(id -u) -o args | grep -c '^sleep [4]321'"
    assert session.evaluate(alive).text() == "0\n"


@pytest.mark.parametrize("name", installed("r"))
def test_figures_of_r(session: RunningSession, name: str) -> None:
    output = session.evaluate("plot(1:3)\nhist(c(1, 2, 2))\ncat('done\\n')", language=name, deadline=60)
    assert output.status == "OK" and output.text() == "done\n"
    shown = [base64.b64decode(each["data"]["image/png"]) for each in output.all("display_data")]
    assert len(shown) == 2 and all(figure.startswith(b"\x89PNG") for figure in shown)


@pytest.mark.parametrize("name", installed("octave"))
def test_figures_of_octave(session: RunningSession, name: str) -> None:
    if not shutil.which("gnuplot"):
        pytest.skip("gnuplot is not installed here")
    output = session.evaluate("plot ([1 2 3]);\nfigure; plot ([3 1]);\ndisp (1)", language=name, deadline=90)
    assert output.status == "OK" and output.text() == "1\n"
    assert len(output.all("display_data")) == 2


@pytest.mark.parametrize("name", installed("r"))
def test_files_are_those_of_the_cell_and_nothing_else_is_kept(session: RunningSession, name: str) -> None:
    session.evaluate("open('a.txt', 'w').write('from python')")
    assert session.evaluate("x <- readLines('a.txt', warn = FALSE)\nx", language=name).text() == '[1] "from python"\n'
    assert session.evaluate("exists('x')", language=name).text() == "[1] FALSE\n"


@pytest.mark.parametrize("name", installed("r"))
def test_what_another_program_gives_is_not_kept(zygote: object, session: RunningSession, name: str) -> None:
    assert session.evaluate("runif(1)", language=name, watched=True).unrepeatable == "process"
