"""SIGINT, wherever it meets the session."""

import os
import signal
import time

import pytest

from tests.unit.session.running import Output, RunningSession


def interrupt_once_running(session: RunningSession, code: str, deadline: float = 3.0) -> Output:
    output = session.start(f"print('running')\n{code}")
    session.until(lambda: "running\n" in output.text())
    session.interrupt()
    return session.finish(output, deadline)


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time\ntime.sleep(30)",
        "import asyncio\nawait asyncio.sleep(30)",
        "import asyncio\nawait asyncio.gather(asyncio.sleep(30), asyncio.sleep(40))",
        "while True: print('x')",
        "while True: display(1)",
        "import time\nwhile True:\n    try: time.sleep(1)\n    except Exception: pass",
        "import subprocess\nsubprocess.run(['sleep', '30'])",
        "!sleep 30\nimport time; time.sleep(30)",
        "def f(): yield from f()\nimport threading; threading.Event().wait()",
        "input()",
        "import getpass; getpass.getpass()",
        "sum(x for x in range(10**12))",
        "get_ipython().run_cell('while True: pass').raise_error()",
        "%time sum(x for x in range(10**12))",
        "class Slow:\n    def __repr__(self):\n        while True: pass\nSlow()",
    ],
)
def test_an_interrupt_ends_the_cell(session: RunningSession, code: str) -> None:
    output = interrupt_once_running(session, code)
    assert output.status == "INTERRUPTED"
    assert output.all("error")[-1]["ename"] == "KeyboardInterrupt"
    assert session.evaluate("import asyncio\nawait asyncio.sleep(0)\n1+1").results == ["2"]


def test_an_interrupt_between_cells_does_nothing(session: RunningSession) -> None:
    session.evaluate("1")
    for _ in range(5):
        session.interrupt()
    # One that is late reaches the next cell, as it should.
    while session.evaluate("1+1").status == "INTERRUPTED":
        pass
    assert session.evaluate("1+1").results == ["2"]


def test_an_interrupt_right_behind_its_cell_is_not_lost(session: RunningSession) -> None:
    for pause in [0.0] * 10 + [0.0002 * step for step in range(20)]:
        output = session.start("while True: pass")
        time.sleep(pause)
        session.interrupt()
        assert session.finish(output, 5).status == "INTERRUPTED"
        assert output.error["ename"] == "KeyboardInterrupt"


def test_an_interrupt_right_behind_another_request_stops_no_cell(session: RunningSession) -> None:
    for _ in range(10):
        session.send(complete={"code": "prin", "cursor": 4})
        session.interrupt()
    time.sleep(0.5)  # The signals go through the init, and none may be on its way when the cell comes.
    session.complete("prin")
    assert session.evaluate("1+1").results == ["2"]


def test_a_cell_that_is_being_read_can_be_stopped(session: RunningSession) -> None:
    # IPython reads all of it again for each of its magics.
    output = session.start("x = [1, 2, 3]\n" * 20_000 + "?x\n" * 400)
    time.sleep(1)
    session.interrupt()
    assert session.finish(output, 10).status == "INTERRUPTED"
    assert session.evaluate("1+1").results == ["2"]


def test_background_tasks_go_on(session: RunningSession) -> None:
    session.evaluate(
        "import asyncio\nticks = 0\n"
        "async def tick():\n    global ticks\n    while True:\n        ticks += 1\n        await asyncio.sleep(0.001)\n"
        "task = asyncio.create_task(tick())"
    )
    assert interrupt_once_running(session, "await asyncio.sleep(30)").status == "INTERRUPTED"
    before = int(session.evaluate("ticks").results[0])
    time.sleep(0.05)
    assert int(session.evaluate("await asyncio.sleep(0)\nticks").results[0]) > before
    assert session.evaluate("task.done()").results == ["False"]


def test_a_task_that_hogs_the_loop(session: RunningSession) -> None:
    output = session.start(
        "import asyncio\nasync def hog():\n    print('hog')\n    while True: pass\n"
        "asyncio.create_task(hog())\nawait asyncio.sleep(30)"
    )
    session.until(lambda: "hog\n" in output.text())
    for _ in range(100):
        session.interrupt()
        session.take(0.1)
        if output.status:
            break
    assert output.status == "INTERRUPTED"
    assert session.evaluate("1+1").results == ["2"]


def test_a_hog_between_cells(session: RunningSession) -> None:
    session.evaluate(
        "import asyncio\nasync def hog():\n    await asyncio.sleep(0.01)\n    print('hog')\n    while True: pass\n"
        "task = asyncio.create_task(hog())"
    )
    output = session.start("1+1")
    session.until(lambda: "hog\n" in output.text())
    session.interrupt()
    assert session.finish(output).results == ["2"]


def test_the_rest_of_an_async_cell_that_catches_its_interrupt(session: RunningSession) -> None:
    output = session.start(
        "import asyncio\ntry:\n    await asyncio.gather(asyncio.to_thread(print, 'running'), asyncio.sleep(30))\n"
        "except asyncio.CancelledError:\n    print('caught')"
    )
    session.until(lambda: "running\n" in output.text())
    session.interrupt()
    assert session.finish(output).text() == "running\ncaught\n"
    assert output.status == "OK"


def test_an_own_handler_lasts_for_its_cell(session: RunningSession) -> None:
    code = (
        "import signal, time\nsignal.signal(signal.SIGINT, lambda *_: print('mine'))\n"
        "print('running')\nend = time.monotonic() + 0.5\nwhile time.monotonic() < end: pass"
    )
    output = session.start(code)
    session.until(lambda: "running\n" in output.text())
    session.interrupt()
    assert "mine" in session.finish(output).text()
    assert interrupt_once_running(session, "while True: pass").status == "INTERRUPTED"


def test_interrupts_break_no_frame(session: RunningSession) -> None:
    for _ in range(20):
        output = session.start("while True: display('x' * 300_000)")
        session.until(lambda output=output: len(output.events) > 3)
        session.interrupt()
        assert session.finish(output).status == "INTERRUPTED"
        shown = output.all("display_data")
        assert all(content["data"]["text/plain"] == "'" + "x" * 300_000 + "'" for content in shown)


def test_sigquit_shows_where_and_ends(session: RunningSession) -> None:
    output = session.start(
        "def stuck():\n    print(1)\n    while True:\n        try:\n            while True: pass\n"
        "        except: pass\nstuck()"
    )
    session.until(lambda: "1\n" in output.text())
    os.kill(session.pid, signal.SIGQUIT)
    assert session.wait_until_ended() == ("S", 3)
    assert "in stuck" in output.text("stderr")
