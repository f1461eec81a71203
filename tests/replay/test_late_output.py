"""Output of C libraries, of child processes, of threads, and output that comes late."""

from tests.replay.outputs import bodies, reason_of, stream
from tests.site.client_end import Json, text_of
from tests.site.desk import Desk

CONFIG = """
[limits]
interrupt_pause = 0.5
output_bytes = 32_000_000

[[environment]]
name = "python"
preload = []
spares = 1
"""


async def test_what_goes_past_python_is_shown_in_its_order(desk: Desk) -> None:
    """Write to descriptor 1, by a shell, by C's printf and by a child: the four texts come in that order.

    Source: reported of a notebook server, which lost them.
    """
    code = """
import ctypes, os, subprocess
print('zero')
os.write(1, b'one\\n')
os.system('echo two')
libc = ctypes.CDLL(None)
libc.printf(b'three\\n')
libc.fflush(None)
subprocess.run(['echo', 'four'])
print('five')
"""
    assert text_of(await desk.evaluate(code)) == "zero\none\ntwo\nthree\nfour\nfive\n"


async def test_c_code_that_writes_much_and_holds_the_interpreter(desk: Desk) -> None:
    """Write 100,000 characters by printf and 1 MB by write(2), both without letting other threads run: all arrive.

    Afterwards an interrupt works. Source: reported of the interpreter of a notebook, where a pipe was full for ever.
    """
    code = """
import ctypes
libc = ctypes.PyDLL(None)
libc.printf(b'%s', b'p' * 100_000)
libc.fflush(None)
for _ in range(16):
    libc.write(2, b'w' * 65_536, 65_536)
"""
    events = await desk.evaluate(code)
    assert stream(events, "stdout") == "p" * 100_000
    assert stream(events, "stderr") == "w" * 16 * 65_536
    await desk.begin("loop", "print('begun')\nwhile True: libc.getpid()")
    await desk.client.until("output")
    await desk.interrupt()
    assert reason_of(await desk.end_of("loop")) == "interrupted"


async def test_a_child_that_fills_one_stream_after_the_other(desk: Desk) -> None:
    """Have a child write 5 MB to stderr, then 5 MB to stdout, and another both by turns: every byte arrives.

    Source: reported of the interpreter of a notebook, which waited for one stream while the other was full.
    """
    one_by_one = "for fd in (2, 1):\n    for _ in range(5000): os.write(fd, b'x' * 1000)"
    by_turns = "for _ in range(5000):\n    for fd in (2, 1): os.write(fd, b'x' * 1000)"
    for child in (one_by_one, by_turns):
        run = f"subprocess.run([sys.executable, '-c', {'import os' + chr(10) + child!r}], check=True); None"
        events = await desk.evaluate(f"import subprocess, sys\n{run}")
        assert len(stream(events, "stdout")) == len(stream(events, "stderr")) == 5_000_000


async def test_half_a_line_of_a_child_is_shown_at_once(desk: Desk) -> None:
    """Have a child of multiprocessing print half a line and sleep for 3 s: it is shown within a second.

    Source: reported of the interpreter of a notebook, which showed it when the child ended.
    """
    code = """
import multiprocessing, time
def child():
    print('hello', end='')
    time.sleep(3)
process = multiprocessing.get_context('fork').Process(target=child)
process.start()
process.join()
"""
    events = await desk.evaluate(code)
    times = {event["kind"]: event["time"] for event in events}
    assert text_of(events) == "hello"
    assert times["output"] - times["started"] < 1
    assert times["done"] - times["output"] > 1


async def test_a_thread_prints_while_other_cells_run(desk: Desk) -> None:
    """Start a thread that prints ten lines, and evaluate further cells meanwhile: each line comes once.

    The rule is that a line belongs to the evaluation that runs when it is written, and is marked as late under the
    one before if none does. Source: reported of the interpreter of a notebook.
    """
    first = await desk.evaluate("""
import threading, time
def tell():
    for number in range(10):
        print('line', number)
        time.sleep(0.15)
thread = threading.Thread(target=tell)
thread.start()
""")
    second = await desk.evaluate("time.sleep(0.5)")
    third = await desk.evaluate("thread.join()")
    events = first + second + third
    assert text_of(events) == "".join(f"line {number}\n" for number in range(10))
    for evaluation in (second, third):
        names = {event["evaluation"] for event in late_or_not(evaluation, late=False)}
        assert names == {evaluation[-1]["evaluation"]}
    assert text_of(second) and text_of(third)


async def test_a_thread_that_prints_when_no_cell_runs_is_late(desk: Desk) -> None:
    """Start a thread that prints after its cell has ended: the text comes under that cell, marked as late, once.

    Source: reported of the interpreter of a notebook.
    """
    code = "import threading, time\nthreading.Timer(1.0, print, ['afterwards']).start()"
    done = (await desk.evaluate(code))[-1]
    events: list[Json] = []
    while not text_of(events).endswith("\n"):
        events += await desk.client.until("output")
    assert {(event["evaluation"], event["late"]) for event in events} == {(done["evaluation"], True)}
    assert text_of(events) == "afterwards\n"


async def test_a_thread_of_an_earlier_cell_prints_for_a_later_one(desk: Desk) -> None:
    """Make a thread with a queue in cell 1, and have it print on the word of cell 5: it is shown in cell 5, once.

    Source: reported of the interpreter of a notebook, which sent it to a cell long gone.
    """
    await desk.evaluate("""
import queue, threading
asked, answered = queue.Queue(), queue.Queue()
def serve():
    while (word := asked.get()) is not None:
        print('told:', word)
        answered.put(word)
thread = threading.Thread(target=serve)
thread.start()
""")
    for number in range(2, 5):
        assert text_of(await desk.evaluate(f"x = {number}")) == ""
    events = await desk.evaluate("asked.put('five'); answered.get()")
    assert text_of(events) == "told: five\n"
    assert {event["evaluation"] for event in late_or_not(events, late=False)} == {events[-1]["evaluation"]}
    assert text_of(await desk.evaluate("asked.put(None); thread.join()")) == ""


async def test_a_background_process_writes_after_its_cell(desk: Desk) -> None:
    """Leave a shell running that writes later: the text comes under that cell, marked as late, and is not lost."""
    code = "import subprocess\nchild = subprocess.Popen('sleep 0.4; echo out; echo err >&2', shell=True)"
    await desk.evaluate(code)
    events: list[Json] = []
    while len(bodies(events, "stream")) < 2:
        events += await desk.client.until("output")
    assert (stream(events, "stdout"), stream(events, "stderr")) == ("out\n", "err\n")
    assert all(event["late"] for event in events)
    await desk.evaluate("child.wait()")


def late_or_not(events: list[Json], *, late: bool) -> list[Json]:
    """Return the outputs that are, or are not, marked as late."""
    return [event for event in events if event["kind"] == "output" and bool(event.get("late")) == late]
