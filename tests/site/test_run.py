"""`sagews run`: what it prints where, its exit statuses, its figures, its end."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import termios
import uuid
from pathlib import Path
from typing import IO

import pytest

from tests.processes import MARK, wait_until
from tests.running import RunningSite, running_site
from tests.site.commands import Command, Ran, sagews
from tests.site.terminal import Terminal

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"


def run(site: RunningSite, directory: Path, code: str, *arguments: str) -> Ran:
    return sagews(directory, "run", "--server", site.url, "-c", code, *arguments)


def test_output_results_and_errors_go_where_they_belong(site: RunningSite, tmp_path: Path) -> None:
    ran = run(site, tmp_path, "import sys; print('out'); print('err', file=sys.stderr); display([1]); 1 + 1")
    assert ran == Ran(0, "out\n[1]\n2\n", "err\n")


def test_text_into_a_pipe_goes_as_it_is(site: RunningSite, tmp_path: Path) -> None:
    assert run(site, tmp_path, r"print('\x1b[2J\x1b]0;t\x07λ', end='')") == Ran(0, "\x1b[2J\x1b]0;t\x07λ", "")


def test_an_error_in_the_code_is_status_1(site: RunningSite, tmp_path: Path) -> None:
    ran = run(site, tmp_path, "print('before')\n1/0")
    assert (ran.status, ran.stdout) == (1, "before\n")
    assert "ZeroDivisionError: division by zero" in ran.stderr
    assert "\x1b" not in ran.stderr


def test_code_comes_from_a_file_or_stdin(site: RunningSite, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("π = 3\r\nprint(π)\r\n".encode())
    assert sagews(tmp_path, "run", "--server", site.url, "a.py") == Ran(0, "3\n", "")
    assert sagews(tmp_path, "run", "--server", site.url, "-", stdin=b"print(4)") == Ran(0, "4\n", "")


def test_the_language_of_the_code_can_be_named(site: RunningSite, tmp_path: Path) -> None:
    assert run(site, tmp_path, "2 ** 10", "--language", "Python") == Ran(0, "1024\n", "")
    assert run(site, tmp_path, "<b>bold</b>", "--language", "html").status == 0
    ran = run(site, tmp_path, "factor(6)", "--language", "sage")
    assert (ran.status, ran.stdout) == (1, "")
    assert "Sage: is not in this environment" in ran.stderr


def test_wrong_usage_is_status_2(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_bytes(b"ab\xff")
    for arguments, words in (
        (("missing.py",), "sagews: missing.py: cannot be read (No such file or directory); give the path of a file\n"),
        (("bad.py",), "sagews: bad.py: is not UTF-8 text: byte 3 is 0xff; save it as UTF-8\n"),
        (("notebook.ipynb",), "sagews: notebook.ipynb: notebooks cannot be run yet"),
        ((), "sagews: run: neither a FILE nor -c CODE is given"),
        (("-c", "1", "--server", "nowhere"), "sagews: nowhere: is not an address of a site"),
        (("-c", "1", "--output", "bad.py"), "sagews: bad.py: no figure can be written there (File exists)"),
        (
            ("-c", "1", "--language", "cobol"),
            "sagews: --language cobol: is no language that is known; give one of sage, ",
        ),
        (("-c", b"\xff"), "sagews: -c: is not UTF-8 text: byte 1 is 0xff"),
    ):
        ran = sagews(tmp_path, "run", *arguments)
        assert (ran.status, ran.stdout) == (2, "")
        assert ran.stderr.startswith(words)
        assert len(ran.stderr.splitlines()) == 1
    assert sagews(tmp_path, "run", "--frobnicate").status == 2


def test_a_site_that_cannot_be_reached_is_status_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = sagews(tmp_path, "run", "-c", "1", "--server", f"http://127.0.0.1:{port}/")
    assert (ran.status, ran.stdout) == (3, "")
    assert ran.stderr.startswith(f"sagews: http://127.0.0.1:{port}/: cannot be reached (Connection refused); ")


def test_figures_go_to_files_that_it_names(site: RunningSite, tmp_path: Path) -> None:
    (tmp_path / "figure-1.png").write_text("mine")
    ran = run(site, tmp_path, PLOT)
    assert ran == Ran(0, "", "sagews: figure in figure-2.png\n")
    assert (tmp_path / "figure-2.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "figure-1.png").read_text() == "mine"


def test_figures_go_into_the_directory_that_is_wanted(site: RunningSite, tmp_path: Path) -> None:
    code = "from IPython.display import display, SVG\ndisplay(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))"
    assert run(site, tmp_path, code, "--output", "new/figures").stderr == "sagews: figure in new/figures/figure-1.svg\n"
    assert (tmp_path / "new/figures/figure-1.svg").read_text().startswith("<svg")


def test_input_raises_where_nobody_can_answer(site: RunningSite, tmp_path: Path) -> None:
    ran = run(site, tmp_path, "input('name? ')")
    assert ran.status == 1
    assert "Error" in ran.stderr


def test_a_session_that_ends_by_itself_says_why(site: RunningSite, tmp_path: Path) -> None:
    ran = run(site, tmp_path, "import os; print('x', flush=True); os._exit(7)")
    assert (ran.status, ran.stdout) == (1, "x\n")
    assert "exit status 7" in ran.stderr
    ran = run(site, tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert ran.status == 1
    assert "segmentation fault" in ran.stderr


def test_output_that_is_cut_says_so(site: RunningSite, tmp_path: Path) -> None:
    ran = run(site, tmp_path, "while True: print('x' * 1000)")
    assert ran.status == 1
    assert 8_000_000 < len(ran.stdout) < 9_000_000
    assert "sagews: the output was cut here: more than 8,388,608 bytes\n" in ran.stderr
    assert "the limit of one evaluation" in ran.stderr


def test_a_worker_that_dies_is_status_3(tmp_path: Path) -> None:
    with running_site(tmp_path, config="[[environment]]\nname = 'python'\npreload = []\n") as own:
        command = Command(tmp_path, "run", "--server", own.url, "-c", "import time\nprint('go')\ntime.sleep(600)")
        wait_until(lambda: command.stdout == "go\n", 20, "the first line is there")
        own.service("worker").kill()
        ran = command.end()
        assert ran.status == 3
        assert ran.stderr.startswith("sagews: ")
        assert "Traceback" not in ran.stderr


def test_nothing_of_a_session_is_left(site: RunningSite, tmp_path: Path) -> None:
    before = {process.pid for process in site.processes.sessions()}
    run(site, tmp_path, "import subprocess\nsubprocess.Popen(['sleep', '601'], start_new_session=True)\nprint(1)")
    assert "sleep 601" not in [" ".join(process.cmdline()) for process in site.processes.look()]
    wait_until(lambda: len(site.processes.sessions()) <= len(before), 3, "the sessions are the spares again")


def test_output_streams_as_it_comes_and_ctrl_c_interrupts(site: RunningSite, tmp_path: Path) -> None:
    command = Command(tmp_path, "run", "--server", site.url, "-c", "import time\nprint('go')\ntime.sleep(600)")
    wait_until(lambda: command.stdout == "go\n", 20, "the first line is there")
    command.process.send_signal(signal.SIGINT)
    ran = command.end()
    assert ran.status == 1
    assert "KeyboardInterrupt" in ran.stderr


def test_a_second_ctrl_c_ends_at_once(site: RunningSite, tmp_path: Path) -> None:
    code = "import time\nprint('go')\nwhile True:\n try:\n  time.sleep(600)\n except KeyboardInterrupt: print('no')"
    command = Command(tmp_path, "run", "--server", site.url, "-c", code)
    wait_until(lambda: command.stdout == "go\n", 20, "the first line is there")
    command.process.send_signal(signal.SIGINT)
    wait_until(lambda: "no" in command.stdout, 10, "the interrupt was ignored")
    command.process.send_signal(signal.SIGINT)
    wait_until(lambda: command.process.poll() is not None, 5, "it has ended")
    ran = command.end()
    assert ran.status == 130
    assert "Traceback" not in ran.stderr


def test_a_reader_that_goes_away_ends_it_quietly(site: RunningSite, tmp_path: Path) -> None:
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "sagews", "run", "--server", site.url, "-c", "while True: print('y')"],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        assert process.wait(20) == 141
    assert (tmp_path / "errors").read_text() == ""


def unread(pipe: IO[bytes] | None) -> int:
    """Return how many bytes lie in a pipe."""
    assert pipe is not None
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def nothing_pending(pid: int) -> bool:
    """Whether a process has taken every signal that was sent to it (proc(5), ShdPnd)."""
    return "ShdPnd:\t0000000000000000" in Path(f"/proc/{pid}/status").read_text()


def test_a_reader_that_is_slow_gets_all_and_a_second_ctrl_c_still_ends_it(site: RunningSite, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [sys.executable, "-m", "sagews", "run", "--server", site.url, "-c", "while True: print('y' * 100)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**os.environ, MARK: mark},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"y" * 100 + b"\n"
    wait_until(lambda: unread(process.stdout) > 60_000, 10, "its pipe is full, and nobody reads")
    process.send_signal(signal.SIGINT)
    wait_until(lambda: nothing_pending(process.pid), 5, "it has taken the signal")
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    process.stdout.close()


def test_a_site_of_its_own_leaves_nothing(tmp_path: Path) -> None:
    runtime = tmp_path / "r"
    runtime.mkdir()
    ran = sagews(tmp_path, "run", "-c", "print(1 + 1)", environment={"XDG_RUNTIME_DIR": str(runtime)})
    assert ran == Ran(0, "2\n", "")
    assert list(runtime.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_site_of_its_own_ends_with_it(tmp_path: Path, number: int) -> None:
    command = Command(tmp_path, "run", "-c", "import time\nprint('go')\ntime.sleep(600)")
    wait_until(lambda: command.stdout == "go\n", 30, "the first line is there")
    command.process.send_signal(number)
    ran = command.end()
    assert ran.status == {signal.SIGINT: 1, signal.SIGTERM: 130, signal.SIGKILL: -9}[signal.Signals(number)]


# ------------------------------------------------------------- at a terminal


def test_a_session_cannot_steer_the_terminal(site: RunningSite, tmp_path: Path) -> None:
    code = r"print('a\x1b[2Jb\x1b]0;title\x07c\x1b[31mred\x1b[0m\x00d\x9b2Je')"
    terminal = Terminal(tmp_path, "run", "--server", site.url, "-c", code)
    assert terminal.end() == (0, "abc\x1b[31mred\x1b[0m␀de\r\n")


def test_input_and_getpass_are_asked_at_the_terminal(site: RunningSite, tmp_path: Path) -> None:
    code = "import getpass\nx = input('name? ')\ny = getpass.getpass('word? ')\nprint(x.upper(), len(y))"
    terminal = Terminal(tmp_path, "run", "--server", site.url, "-c", code)
    terminal.sees("name?")
    terminal.types("ada\r")
    terminal.sees("word?")
    terminal.types("secret\r")
    terminal.sees("ADA 6")
    assert terminal.end()[0] == 0


def test_a_question_that_is_over_is_taken_back(site: RunningSite, tmp_path: Path) -> None:
    code = (
        "import signal, os\nsignal.signal(signal.SIGALRM, signal.default_int_handler)\nsignal.alarm(2)\ninput('name? ')"
    )
    terminal = Terminal(tmp_path, "run", "--server", site.url, "-c", code)
    terminal.sees("name?", "KeyboardInterrupt")
    assert terminal.end()[0] == 1


def test_ctrl_c_at_a_question_interrupts_the_code(site: RunningSite, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "run", "--server", site.url, "-c", "input('name? ')")
    terminal.sees("name?")
    terminal.types("\x03")
    terminal.sees("KeyboardInterrupt")
    assert terminal.end()[0] == 1


def test_ctrl_c_at_a_terminal_interrupts_the_code(site: RunningSite, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "run", "--server", site.url, "-c", "import time\nprint('go')\ntime.sleep(600)")
    terminal.sees("go")
    terminal.types("\x03")
    terminal.sees("KeyboardInterrupt")
    assert terminal.end()[0] == 1
