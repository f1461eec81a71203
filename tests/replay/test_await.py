"""`await` at top level: interrupted, and the loop goes on."""

import asyncio
import time

import pytest

from tests.replay.outputs import error_of, reason_of
from tests.site.client_end import result_of, text_of
from tests.site.desk import Desk


@pytest.mark.parametrize(
    "awaited",
    [
        "asyncio.sleep(30)",
        "asyncio.gather(asyncio.sleep(30), asyncio.sleep(30))",
        "asyncio.get_running_loop().run_in_executor(None, time.sleep, 3)",
        "asyncio.to_thread(time.sleep, 3)",
        "(await asyncio.create_subprocess_exec('sleep', '30')).wait()",
        "asyncio.Event().wait()",
    ],
)
async def test_an_interrupt_ends_what_is_awaited(desk: Desk, awaited: str) -> None:
    """Await for 30 s, and interrupt after a moment: it ends within 2 s, as interrupted.

    Source: reported of the interpreter of a notebook, which noticed when the wait was over.
    """
    await desk.begin("wait", f"import asyncio, time\nprint('begun')\nawait {awaited}")
    await desk.client.until("output")
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    await desk.interrupt()
    events = await desk.end_of("wait")
    assert time.monotonic() - begun < 2
    assert (reason_of(events), error_of(events)["ename"]) == ("interrupted", "KeyboardInterrupt")
    assert result_of(await desk.evaluate("await asyncio.sleep(0, 'goes on')")) == "'goes on'"


async def test_tasks_go_on_after_an_interrupt(desk: Desk) -> None:
    """Start a task, interrupt a cell that waits and one that computes: the task goes on, and coroutines run.

    Source: reported of the interpreter of a notebook, whose loop was closed.
    """
    await desk.evaluate("""
import asyncio
ticks = 0
async def tick():
    global ticks
    while True:
        await asyncio.sleep(0.02)
        ticks += 1
ticking = asyncio.create_task(tick())
""")
    for name, code in (("waits", "await asyncio.sleep(30)"), ("computes", "while True: pass")):
        await desk.begin(name, f"print('begun')\n{code}")
        await desk.client.until("output")
        await asyncio.sleep(0.6)
        await desk.interrupt()
        assert reason_of(await desk.end_of(name)) == "interrupted"
        await desk.evaluate("await asyncio.sleep(0)")
        before = int(result_of(await desk.evaluate("ticks")))
        await desk.evaluate("await asyncio.sleep(0.3)")
        assert int(result_of(await desk.evaluate("ticks"))) > before
    assert text_of(await desk.evaluate("print(ticking.done()); ticking.cancel(); None")) == "False\n"


async def test_a_cell_that_harms_the_loop(desk: Desk) -> None:
    """Cancel all tasks, stop the loop, run another one, close it: the cell ends, and the next one runs."""
    harms = [
        "for task in asyncio.all_tasks(): task.cancel()\nawait asyncio.sleep(1)",
        "asyncio.get_running_loop().stop(); await asyncio.sleep(0)",
        "asyncio.run(asyncio.sleep(0))",
        "asyncio.get_running_loop().close()",
        "asyncio.set_event_loop(None)",
        "asyncio.new_event_loop().run_until_complete(asyncio.sleep(0))",
    ]
    await desk.evaluate("import asyncio, warnings; warnings.simplefilter('ignore')")
    for harm in harms:
        assert reason_of(await desk.run(harm)) in {"done", "error", "interrupted"}
        assert result_of(await desk.evaluate("await asyncio.sleep(0, 2)")) == "2"
