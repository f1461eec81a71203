"""Interrupts: what they stop, what they drop, what they reach, and what is left to do where they are ignored."""

import asyncio
import time

import psutil
import pytest

from tests.processes import command
from tests.replay.outputs import error_of, reason_of, stream
from tests.running import RunningSite
from tests.site.client_end import result_of, text_of
from tests.site.desk import Desk
from tests.site.neighbour import neighbour


async def test_an_interrupt_drops_what_waits(desk: Desk) -> None:
    """Queue an endless loop and two prints, and interrupt once: neither print runs, and each says so.

    Source: reported of a notebook server, whose queue went on.
    """
    for name, code in (("loop", "print('begun')\nwhile True: pass"), ("a", "print('a')"), ("b", "print('b')")):
        await desk.begin(name, code)
    await desk.client.until("output")
    await desk.interrupt()
    events = await desk.end_of("loop")
    ends = {event["evaluation"]: (event["reason"], event["text"]) for event in events if event["kind"] == "done"}
    not_run = ("not_run", "Not run: the session was interrupted.")
    assert ends == {"loop": ("interrupted", "Interrupted."), "a": not_run, "b": not_run}
    # The end of the line `begun` may come by itself.
    assert text_of(events).strip() == ""
    assert result_of(await desk.evaluate("1+1")) == "2"


@pytest.mark.parametrize(
    "started",
    [
        "subprocess.Popen(['sleep', '612']).wait()",
        "subprocess.run('sleep 612', shell=True)",
        "subprocess.run('sleep 612; true', shell=True)",
        "os.system('sleep 612')",
        "get_ipython().system('sleep 612')",
        "subprocess.check_output(['sleep', '612'])",
    ],
)
async def test_an_interrupt_reaches_the_child_that_is_waited_for(
    desk: Desk, product: RunningSite, started: str
) -> None:
    """Wait for a child that sleeps, and interrupt: within 5 s the cell has ended, and the child.

    Source: reported of a notebook of another kind, whose children went on.
    """
    await desk.begin("wait", f"import os, subprocess\n{started}\n'went on'")
    await until(lambda: bool(sleeping(product)))
    await desk.interrupt()
    async with asyncio.timeout(5):
        events = await desk.end_of("wait")
        await until(lambda: not sleeping(product))
    assert reason_of(events) in {"interrupted", "done"}
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_a_child_of_its_own_session_goes_with_the_session_of_the_reader(desk: Desk, product: RunningSite) -> None:
    """Start a child in a session of its own, and interrupt: the cell ends; the child, when the session does."""
    await desk.begin("wait", "import subprocess\nsubprocess.Popen(['sleep', '612'], start_new_session=True).wait()")
    await until(lambda: bool(sleeping(product)))
    await desk.interrupt()
    assert reason_of(await desk.end_of("wait")) == "interrupted"
    assert sleeping(product)
    await desk.client.send("close", session=desk.session)
    await desk.client.until("ended")
    await until(lambda: not sleeping(product))


async def test_one_interrupt_ends_a_loop_that_catches_exceptions(desk: Desk) -> None:
    """Loop around `except Exception: pass`: the first interrupt stops it.

    Source: reported of a notebook of another kind.
    """
    code = "import time\nprint('begun')\nwhile True:\n    try: time.sleep(0.01)\n    except Exception: pass"
    await desk.begin("loop", code)
    await desk.client.until("output")
    await desk.interrupt()
    events = await desk.end_of("loop")
    assert (reason_of(events), error_of(events)["ename"]) == ("interrupted", "KeyboardInterrupt")


async def test_a_loop_that_catches_everything_is_left_to_a_restart(desk: Desk, product: RunningSite) -> None:
    """Loop around a bare `except: pass`: interrupts do not end it, nothing crashes, and closing the session does.

    The page then says that only Restart helps; see the tests in a browser. Source: reported of a notebook of another
    kind.
    """
    code = "import time\nprint('begun')\nwhile True:\n    try: time.sleep(0.01)\n    except: print('caught')"
    async with neighbour(product.url):
        await desk.begin("loop", code)
        await desk.client.until("output")
        # It may still be at the end of its `print`, where nothing is caught.
        await asyncio.sleep(0.2)
        for _ in range(3):
            await desk.interrupt()
            await desk.client.until("output")
            await asyncio.sleep(0.6)
        await desk.client.send("close", session=desk.session)
        async with asyncio.timeout(5):
            events = await desk.client.until("ended")
    assert events[-1]["reason"] == "closed"
    assert [event["reason"] for event in events if event["kind"] == "done"] == ["interrupted"]


LONG = {
    "a sum in C": "sum(range(10**12))",
    "a power in C": "pow(7, 10**9) and None",
    "a regular expression without end": "import re; re.match(r'(a|a)*$', 'a' * 60 + 'b')",
    "a call that holds the interpreter": "import ctypes; ctypes.PyDLL(None).sleep(600)",
    "a sort with a comparison in C": "all(x < y for x in range(10**6) for y in [10**6] * 10**4)",
}


@pytest.mark.parametrize("code", list(LONG.values()), ids=list(LONG))
async def test_a_long_call_in_c(desk: Desk, product: RunningSite, code: str) -> None:
    """Run a call in C that lasts for hours, and interrupt: it ends, or else closing its session ends it at once.

    Whatever it does, an interrupt disturbs nobody else. Source: reported of an interactive shell.
    """
    async with neighbour(product.url):
        await desk.begin("long", f"print('begun')\n{code}")
        await desk.client.until("output")
        await asyncio.sleep(0.2)
        await desk.interrupt()
        try:
            async with asyncio.timeout(2):
                assert reason_of(await desk.end_of("long")) == "interrupted"
        except TimeoutError:
            await desk.client.send("close", session=desk.session)
            async with asyncio.timeout(5):
                assert (await desk.client.until("ended"))[-1]["reason"] == "closed"


@pytest.mark.parametrize("code", list(LONG.values()), ids=list(LONG))
async def test_a_limit_ends_a_long_call_from_outside(desk: Desk, code: str) -> None:
    """Run a call in C that lasts for hours under a wall time of 1 s: it is stopped, or killed with a notice.

    Source: reported of an interactive shell.
    """
    await desk.begin("long", code, limits={"wall_time": 1})
    begun = time.monotonic()
    events = await desk.end_of("long")
    assert time.monotonic() - begun < 5
    assert reason_of(events) == "wall_time"
    if "did not stop" not in stream(events, "stderr") and error_events(events):
        assert result_of(await desk.evaluate("1+1")) == "2"
        return
    ended = (await desk.client.until("ended"))[-1]
    assert ended["reason"] == "killed" and "did not stop when it was interrupted" in ended["text"]


def error_events(events: list[dict[str, object]]) -> list[dict[str, object]]:
    return [event for event in events if event.get("output_kind") == "error"]


def sleeping(product: RunningSite) -> list[psutil.Process]:
    """Return the children of the case that live."""
    return [
        process
        for process in product.processes.look()
        if "612" in command(process) and process.status() != psutil.STATUS_ZOMBIE
    ]


async def until(condition: object) -> None:
    """Wait, in this loop, until something is so."""
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.05)
