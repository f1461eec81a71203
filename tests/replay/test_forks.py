"""Forks and processes of a cell: what they show, and that none is left."""

import asyncio

from tests.processes import Processes, wait_until
from tests.replay.outputs import reason_of, shown, stream
from tests.running import RunningSite
from tests.site.client_end import result_of, text_of
from tests.site.desk import Desk
from tests.site.worker_process import alive, processes_of


async def test_a_forked_child_that_runs_to_the_end_of_the_cell(desk: Desk, product: RunningSite) -> None:
    """Fork without an exit in the child, for which the parent waits: the child ends with the cell, and says nothing.

    What it prints is shown; values, displays and errors of it are not taken for the session's, and no process goes
    on. Source: reported of a notebook server, where the child burnt a processor for ever.
    """
    alone = len(living(product, desk))
    code = """
import os
child = os.fork()
print('child' if child == 0 else os.waitpid(child, 0)[1])
display('of the child' if child == 0 else 'of the parent')
child == 0
"""
    events = await desk.evaluate(code)
    assert text_of(events) == "child\n0\n"
    assert [form["text/plain"] for form in shown(events)] == ["'of the parent'", "False"]
    events = await desk.evaluate("child = os.fork()\nif child == 0: 1 / 0\nprint(os.waitpid(child, 0)[1] >> 8)")
    assert (stream(events, "stdout"), "ZeroDivisionError" in stream(events, "stderr")) == ("1\n", True)
    assert len(living(product, desk)) == alone
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_children_that_fork_where_nobody_expects_it(desk: Desk, product: RunningSite) -> None:
    """Fork in a thread, in a task in the background and in a callback: each child ends, and the session goes on."""
    alone = len(living(product, desk))
    await desk.evaluate("""
import asyncio, os, threading
def fork(): return os.fork() and os.wait()
thread = threading.Thread(target=fork)
thread.start()
thread.join()
async def forks():
    await asyncio.sleep(0)
    fork()
asyncio.create_task(forks())
asyncio.get_running_loop().call_soon(fork)
await asyncio.sleep(0.3)
""")
    wait_until(lambda: len(living(product, desk)) == alone, 3, "every child has ended")
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_a_child_that_hangs_goes_with_the_session(desk: Desk) -> None:
    """Fork a child that never ends, for which nobody waits: the cell ends, and the child with the session."""
    assert reason_of(await desk.run("import os, time\nif os.fork() == 0: time.sleep(600)")) == "done"
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_pools_of_processes(desk: Desk, product: RunningSite) -> None:
    """Compute in pools of both kinds, forked: the values are right, and after the pools no process is left."""
    alone = len(living(product, desk))
    code = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
def square(n): print(n); return n * n
context = multiprocessing.get_context('fork')
with context.Pool(3) as pool: first = pool.map(square, range(5))
with ProcessPoolExecutor(3, mp_context=context) as pool: second = list(pool.map(square, range(5)))
first == second == [0, 1, 4, 9, 16]
"""
    events = await desk.evaluate(code)
    assert result_of(events) == "True"
    assert sorted(text_of(events)) == sorted("0\n1\n2\n3\n4\n" * 2)
    wait_until(lambda: len(living(product, desk)) == alone, 3, "the pools have ended")


async def test_a_process_in_a_session_of_its_own_does_not_survive_a_restart(desk: Desk, product: RunningSite) -> None:
    """Start a process that leaves session and group, ignores signals and spins; restart: within 5 s it is gone.

    Source: reported of a server of worksheets, whose restart killed a process group.
    """
    spin = (
        "import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nprint(1, flush=True)\nwhile True: pass"
    )
    await desk.evaluate(
        "import subprocess, sys\n"
        f"spinning = subprocess.Popen([sys.executable, '-c', {spin!r}], start_new_session=True, stdout=-1)\n"
        "spinning.stdout.readline()"
    )
    assert spins(product.processes)
    await desk.client.send("close", session=desk.session)
    await desk.client.until("ended")
    async with asyncio.timeout(5):
        while spins(product.processes):
            await asyncio.sleep(0.05)
    restarted = await desk.client.open()
    assert result_of(await desk.client.evaluate(restarted, "1+1")) == "2"
    await desk.client.send("close", session=restarted)


def living(product: RunningSite, desk: Desk) -> list[int]:
    """Return the processes of the session that live."""
    return [pid for pid in processes_of(product.data / "logs" / "worker.log", desk.session) if alive(pid)]


def spins(processes: Processes) -> bool:
    return any("SIG_IGN" in " ".join(process.cmdline()) for process in processes.look())
