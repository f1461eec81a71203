"""The session's loop: cells, tasks between them, forks in them."""

import socket
import time

from tests.unit.session.running import RunningSession, RunningZygote, alive, wait_until_dead


def test_await_and_tasks_that_go_on(session: RunningSession) -> None:
    session.evaluate(
        "import asyncio\nticks = 0\n"
        "async def tick():\n    global ticks\n    while True:\n        ticks += 1\n        await asyncio.sleep(0.001)\n"
        "task = asyncio.create_task(tick())"
    )
    time.sleep(0.1)
    assert int(session.evaluate("ticks").results[0]) > 3
    assert session.evaluate("async def f(): return 7\nawait f()").results == ["7"]
    assert session.evaluate("async for x in agen(): pass").error["ename"] == "NameError"
    assert session.evaluate("[await f() for _ in range(2)]").results == ["[7, 7]"]


def test_context_lasts(session: RunningSession) -> None:
    session.evaluate("from decimal import *\ngetcontext().prec = 5")
    assert session.evaluate("Decimal(1) / 3").results == ["Decimal('0.33333')"]
    session.evaluate("import numpy as np\nnp.seterr(all='raise')")
    assert session.evaluate("np.array(1.0) / 0").error["ename"] == "FloatingPointError"


def test_code_that_cancels_all_tasks(session: RunningSession) -> None:
    output = session.evaluate(
        "import asyncio\nfor task in asyncio.all_tasks(): task.cancel()\nawait asyncio.sleep(1)", deadline=3
    )
    assert output.error["ename"] == "CancelledError"
    assert session.evaluate("1+1").results == ["2"]


def test_code_that_stops_or_closes_the_loop(session: RunningSession) -> None:
    session.evaluate("import asyncio\nasyncio.get_running_loop().stop()")
    assert session.evaluate("await asyncio.sleep(0)\n1+1").results == ["2"]
    assert session.evaluate("asyncio.get_running_loop().close()").error["ename"] == "RuntimeError"
    assert session.evaluate("asyncio.run(asyncio.sleep(0))").error["ename"] == "RuntimeError"
    assert session.evaluate("1+1").results == ["2"]


def test_exit_in_a_task(session: RunningSession) -> None:
    session.evaluate("import asyncio\nasync def f(): exit()\ntask = asyncio.create_task(f())")
    assert session.evaluate("await asyncio.sleep(0)\n1+1").results == ["2"]


def test_subprocesses_of_asyncio(session: RunningSession) -> None:
    output = session.evaluate(
        "import asyncio\np = await asyncio.create_subprocess_exec('echo', 'hi', stdout=asyncio.subprocess.PIPE)\n"
        "await p.communicate()"
    )
    assert output.results == ["(b'hi\\n', None)"]


def test_a_fork_in_a_cell_ends_with_the_cell(session: RunningSession) -> None:
    output = session.evaluate(
        "import os, time\npid = os.fork()\nprint('parent' if pid else 'child')\ndisplay(pid != 0)"
    )
    child = int(session.evaluate("pid").results[0])
    wait_until_dead(child)
    assert output.all("display_data") == [{"data": {"text/plain": "True"}, "metadata": {}, "transient": {}}]
    assert session.evaluate("os.waitpid(pid, 0)[1] == 0").results == ["True"]
    assert session.evaluate("1+1").results == ["2"]


def test_the_status_of_a_forked_child(session: RunningSession) -> None:
    code = "import os, sys\nif (pid := os.fork()) == 0:\n    {}\nos.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])"
    assert session.evaluate(code.format("sys.exit(3)")).results == ["3"]
    assert session.evaluate(code.format("exit()")).results == ["0"]
    output = session.evaluate(code.format("1/0"))
    assert output.results == ["1"]
    assert "ZeroDivisionError" in output.text("stderr"), "a child that fails says so as text"
    assert session.evaluate(code.format("input()")).results == ["1"]
    assert session.evaluate(code.format("import asyncio; await asyncio.sleep(0.01); exit(4)")).results == ["4"]


def test_a_fork_by_a_background_task_ends(session: RunningSession) -> None:
    session.evaluate(
        "import asyncio, os\npid = 0\nasync def f():\n    global pid\n    await asyncio.sleep(0.01)\n"
        "    pid = os.fork()\n    await asyncio.sleep(30)\ntask = asyncio.create_task(f())"
    )
    child = 0
    while not child:
        child = int(session.evaluate("await asyncio.sleep(0.01)\npid").results[0])
    wait_until_dead(child)


def test_a_child_at_full_speed_ends_with_the_session(session: RunningSession) -> None:
    output = session.start("import os\nif os.fork() == 0:\n    print(os.getpid())\n    while True: pass")
    session.until(lambda: bool(output.status) and output.text().endswith("\n"))
    child = int(output.text())
    assert alive(child)
    assert session.evaluate("1+1").results == ["2"]
    session.end()
    assert not alive(child)


def test_the_end_of_the_channel_ends_the_session(session: RunningSession) -> None:
    session.channel.shutdown(socket.SHUT_WR)
    assert session.wait_until_ended() == ("X", 0)


def test_code_that_closes_the_channel_ends_the_session(session: RunningSession) -> None:
    session.start("import os\nos.closerange(3, 1000)")
    assert session.wait_until_ended() == ("X", 0)


def test_requests_out_of_place_are_dropped(session: RunningSession) -> None:
    session.answer("nobody asked")
    session.send(interrupt={})
    session.send()
    assert session.evaluate("1+1").results == ["2"]


def test_crashes_and_exits_of_the_process(zygote: RunningZygote) -> None:
    for code, end in (
        ("import os; os._exit(1)", ("X", 1)),
        ("import ctypes; ctypes.string_at(0)", ("S", 11)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ("S", 9)),
    ):
        with zygote.session() as session:
            output = session.start(code)
            assert session.wait_until_ended(5) == end
            session.take_rest()
        if end == ("S", 11):
            assert "Segmentation fault" in output.text("stderr")
