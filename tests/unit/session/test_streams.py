"""Text: complete, in order, at once."""

import time

import pytest

from tests.unit.session.running import RunningSession


def test_text_and_outputs_come_in_the_order_of_the_program(session: RunningSession) -> None:
    output = session.evaluate(
        "import os, subprocess\n"
        "print('a'); display(1); print('b')\n"
        "os.system('echo c'); display(2)\n"
        "os.write(1, b'd\\n'); print('e')\n"
        "_ = subprocess.run(['echo', 'f']); display(3)\n"
        "print('g', end='')\n"
        "'last'"
    )
    shown = [value if kind == "stdout" else value["data"]["text/plain"] for kind, value in output.events]
    assert "".join(shown) == "a\n1b\nc\n2d\ne\nf\n3g'last'"


def test_both_streams_come_in_the_order_of_the_prints(session: RunningSession) -> None:
    output = session.evaluate(
        "import sys\nfor i in range(20):\n    print(i)\n    print(i, file=sys.stderr)\nprint('end', file=sys.stderr)"
    )
    texts = [(kind, text) for kind, text in output.events]
    assert texts[:4] == [("stdout", "0\n"), ("stderr", "0\n"), ("stdout", "1\n"), ("stderr", "1\n")]
    assert output.text("stderr").endswith("19\nend\n")


@pytest.mark.parametrize("library", ["CDLL", "PyDLL"])
def test_output_of_c_code(session: RunningSession, library: str) -> None:
    code = (
        f"import ctypes\nlibc = ctypes.{library}(None)\n"
        "libc.printf(b'%s', b'x' * 100_000); libc.fflush(None)\n"
        "_ = [libc.write(2, b'y' * 100_000, 100_000) for _ in range(10)]\n"
        "print('end')"
    )
    output = session.evaluate(code)
    assert output.text() == "x" * 100_000 + "end\n"
    assert output.text("stderr") == "y" * 1_000_000


def test_a_child_that_fills_one_stream_and_then_the_other(session: RunningSession) -> None:
    child = "import sys; sys.stderr.write('e' * 5_000_000); sys.stdout.write('o' * 5_000_000)"
    output = session.evaluate(f"import subprocess, sys\n_ = subprocess.run([sys.executable, '-c', {child!r}])\n'end'")
    assert len(output.text("stderr")) == len(output.text()) == 5_000_000
    assert output.events[-1][1]["data"]["text/plain"] == "'end'"


def test_text_of_a_child_is_seen_before_the_child_ends(session: RunningSession) -> None:
    output = session.start(
        "import multiprocessing, time\n"
        "def child():\n    print('hello', end='')\n    time.sleep(30)\n"
        "process = multiprocessing.Process(target=child)\nprocess.start()\nprocess.join()\n"
        "time.sleep(30)"  # where the child has ended of the interrupt first
    )
    session.until(lambda: output.text() == "hello", 2)
    session.interrupt()
    session.finish(output)
    assert output.status == "INTERRUPTED"


def test_text_without_a_newline_is_seen_at_once(session: RunningSession) -> None:
    output = session.start("import time\nprint('.', end='')\ntime.sleep(30)")
    session.until(lambda: output.text() == ".", 2)


def test_odd_characters(session: RunningSession) -> None:
    output = session.evaluate("print(b'a\\xc3%9F'.decode('ascii', 'surrogateescape'))")
    assert (output.text(), output.status) == ("a\\udcc3%9F\n", "OK")
    output = session.evaluate("print('\\u00b7\\x1d\\u00af\\x9f\\x00\\tend')")
    assert output.text() == "\u00b7\x1d\u00af\x9f\x00\tend\n"
    assert session.evaluate("print(1)").text() == "1\n"


def test_bytes_to_the_buffer(session: RunningSession) -> None:
    output = session.evaluate("import sys\nprint('a')\nsys.stdout.buffer.write(b'\\xe2\\n')\nprint('b')")
    assert output.text() == "a\n\ufffd\nb\n"


def test_a_closed_stream_still_writes(session: RunningSession) -> None:
    session.evaluate("import sys, os\nsys.stdout.close()\nos.close(2)")
    assert session.evaluate("1+1").results == ["2"]


def test_a_thread_that_prints_after_its_cell(session: RunningSession) -> None:
    session.evaluate(
        "import threading, time\n"
        "def tick():\n    for i in range(5):\n        time.sleep(0.05)\n        print(i)\n"
        "thread = threading.Thread(target=tick)\nthread.start()"
    )
    output = session.evaluate("thread.join()")
    assert output.text() == "0\n1\n2\n3\n4\n"


def test_a_flooding_child_in_the_background_does_not_keep_a_cell(session: RunningSession) -> None:
    start = time.monotonic()
    output = session.evaluate("import subprocess\nyes = subprocess.Popen(['yes'])\ndisplay(1)")
    assert time.monotonic() - start < 10
    assert output.all("display_data")
    session.evaluate("yes.kill(); yes.wait()")


def test_order_is_kept_while_the_reader_pauses(session: RunningSession) -> None:
    session.start("import os\nos.write(1, b'x' * 60000)\ndisplay(1)\nprint('end')")
    time.sleep(3)
    output = session.finish(session.output)
    assert output.kinds == ["stdout", "display_data", "stdout"]
    assert len(output.events[0][1]) == 60000


def test_threads_that_show_at_once(session: RunningSession) -> None:
    output = session.evaluate(
        "import threading\n"
        "def show(n):\n    for i in range(50): display((n, i))\n"
        "threads = [threading.Thread(target=show, args=(n,)) for n in range(4)]\n"
        "for t in threads: t.start()\nfor t in threads: t.join()"
    )
    shown = [eval(content["data"]["text/plain"]) for content in output.all("display_data")]
    for n in range(4):
        assert [i for m, i in shown if m == n] == list(range(50))


def test_progress_bars(session: RunningSession) -> None:
    output = session.evaluate("from tqdm import tqdm\nfor _ in tqdm(range(100)): pass")
    assert "\r" in output.text("stderr") and "100/100" in output.text("stderr")
