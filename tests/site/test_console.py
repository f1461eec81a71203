"""`sagews console` at a terminal: a conversation with a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import wait_until
from tests.running import RunningSite
from tests.site.commands import sagews
from tests.site.terminal import Terminal


@pytest.fixture
def console(site: RunningSite, tmp_path: Path) -> Iterator[Terminal]:
    """Give a console on the shared site, at its first prompt; end it with Ctrl-D and see that its session is gone."""
    before = len(site.processes.sessions())
    terminal = Terminal(tmp_path, "console", "--server", site.url, "--data", str(tmp_path / "data"))
    terminal.sees("In [1]:")
    yield terminal
    if terminal.child.isalive():
        terminal.types("\x04")
        assert terminal.end()[0] == 0
    wait_until(lambda: len(site.processes.sessions()) <= before, 3, "the console's session is gone")


def test_code_runs_at_enter_and_results_are_numbered(console: Terminal) -> None:
    console.types("6 * 7\r")
    console.sees("Out[1]: 42", "In [2]:")
    console.types("print('a' * 3); None\r")
    console.sees("aaa", "In [3]:")


def test_a_block_goes_on_until_an_empty_line(console: Terminal) -> None:
    console.types("for i in range(3):\r")
    console.sees("...:")
    console.types("print(i * 111)\r\r")
    console.sees("\n0\r\n111\r\n222", "In [2]:")


def test_the_session_completes(console: Terminal) -> None:
    console.types("alphabet_soup = 5\r")
    console.sees("In [2]:")
    console.types("alphabet_s\t")
    console.sees("oup")
    console.types(" + 1\r")
    console.sees("Out[2]: 6")


def test_ctrl_c_clears_the_prompt_and_interrupts_a_run(console: Terminal) -> None:
    console.types("nonsense")
    console.sees("nonsense")
    console.types("\x03")
    console.sees("In [1]:")
    console.types("print('goes'); x = 1\rwhile x: pass\r\r")
    console.sees("goes", "In [2]:")
    console.sees("while x: pass")
    console.types("\x03")
    console.sees("KeyboardInterrupt", "In [3]:")


def test_a_run_that_ignores_ctrl_c_can_be_ended(console: Terminal) -> None:
    console.types("import time\r")
    console.sees("In [2]:")
    console.types("while True:\rtry: print('go' * 2); time.sleep(99)\rexcept BaseException: print('no' * 2)\r\r")
    console.sees("gogo")
    console.types("\x03")
    console.sees("nono")
    for _ in range(2):  # The second is not sent to the session: it comes too soon after the first.
        console.types("\x03")
    console.sees("The session was closed.", "A new session is ready.", "In [1]:")


def test_input_is_asked_and_getpass_is_not_shown(console: Terminal) -> None:
    console.types("x = input('name? ')\r")
    console.sees("name?")
    console.types("ada\r")
    console.sees("In [2]:")
    console.types("import getpass; y = getpass.getpass('word? ')\r")
    console.sees("word?")
    console.types("hush\r")
    console.sees("In [3]:")
    assert "hush" not in console.child.before
    console.types("x.upper() + y.upper()\r")
    console.sees("Out[3]: 'ADAHUSH'")


def test_a_session_that_ends_says_why_and_another_takes_its_place(console: Terminal) -> None:
    console.types("x = 1; import os; os._exit(3)\r")
    console.sees("exit status 3", "A new session is ready.", "In [1]:")
    console.types("x\r")
    console.sees("NameError")


def test_a_session_that_ends_while_its_user_types_keeps_what_was_typed(console: Terminal) -> None:
    console.types("import os, threading; threading.Timer(1.5, os._exit, [4]).start()\r")
    console.sees("In [2]:")
    console.types("20 + 2")
    console.sees("exit status 4", "A new session is ready.", "In [1]:")
    console.types("2\r")
    console.sees("Out[1]: 42")


def test_late_output_appears_above_the_prompt(console: Terminal) -> None:
    console.types("import threading; threading.Timer(0.5, print, ['la' + 'ter']).start()\r")
    console.sees("In [2]:", "later", "In [2]:")


def test_documentation_and_figures(console: Terminal, tmp_path: Path) -> None:
    console.types("?len\r")
    console.sees("Return the number of items", "In [2]:")
    console.types("import matplotlib.pyplot as plt; plt.plot([1]); plt.show()\r")
    console.sees("sagews: figure in figure-1.png", "In [3]:")
    assert (tmp_path / "figure-1.png").exists()


def test_the_session_cannot_steer_the_terminal(console: Terminal) -> None:
    console.types(r"print('<' + chr(27) + '[2J' + chr(27) + ']0;t' + chr(7) + chr(155) + '2J>')" + "\r")
    console.child.expect_exact("\x1b[?2004l<>\r\n")  # what the prompt sends before, then the output alone


def test_the_history_is_kept_and_private(site: RunningSite, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for number in (1, 2):
        terminal = Terminal(tmp_path, "console", "--server", site.url, "--data", str(data))
        terminal.sees("In [1]:")
        terminal.types("10 ** 3 + 7\r" if number == 1 else "\x1b[A\r")
        terminal.sees("Out[1]: 1007", "In [2]:")
        terminal.types("\x04")
        assert terminal.end()[0] == 0
    assert (data / "console-history").stat().st_mode & 0o777 == 0o600


def test_a_site_of_its_own_ends_with_it(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "console", "--data", str(tmp_path / "data"))
    terminal.sees("In [1]:")
    terminal.types("import subprocess; p = subprocess.Popen(['sleep', '602'], start_new_session=True)\r")
    terminal.sees("In [2]:")
    terminal.types("\x04")
    assert terminal.end()[0] == 0


def test_without_a_terminal_it_is_refused(tmp_path: Path) -> None:
    ran = sagews(tmp_path, "console")
    assert ran.status == 2
    assert ran.stderr == "sagews: console: needs a terminal; use `sagews run -` for code from a pipe\n"


def test_another_language_goes_at_enter_and_its_names_are_not_asked_for(site: RunningSite, tmp_path: Path) -> None:
    """In Python, the first line would wait for more."""
    directory = str(tmp_path / "data")
    html = Terminal(tmp_path, "console", "--server", site.url, "--data", directory, "--language", "html")
    html.sees("Alt-Enter begins a new line", "In [1]:")
    html.types("<b>(\r")
    html.sees("In [2]:")
    html.types("\x04")
    assert html.end()[0] == 0


def test_an_unknown_language_is_refused_before_anything_starts(tmp_path: Path) -> None:
    unknown = Terminal(tmp_path, "console", "--language", "cobol")
    unknown.sees("--language cobol: is no language that is known; give one of sage, gap")
    assert unknown.end()[0] == 2
