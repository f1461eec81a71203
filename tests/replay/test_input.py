"""`input()`, `getpass()` and stdin: asked, answered, interrupted, and where nobody can answer."""

import asyncio
import json
import time

import pytest

from tests.replay.outputs import bodies, error_of, reason_of, traceback_of
from tests.running import RunningSite
from tests.site.client_end import connected, result_of, text_of
from tests.site.desk import Desk
from tests.site.test_service import call


async def test_an_interrupt_ends_a_question_and_the_next_one_is_another(desk: Desk) -> None:
    """Ask, interrupt, ask again, answer: the first ends within a second, the second gets its own answer alone.

    An answer to the first that comes late is dropped. Source: reported of the interpreter of a notebook.
    """
    await desk.begin("first", "input('first? ')")
    stale = (await desk.client.until("output", output_kind="input_request"))[-1]
    begun = time.monotonic()
    await desk.interrupt()
    events = await desk.end_of("first")
    assert time.monotonic() - begun < 1
    assert (reason_of(events), error_of(events)["ename"]) == ("interrupted", "KeyboardInterrupt")
    await reply(desk, stale["sequence"], "stale")
    await desk.begin("second", "input('second? ')")
    await reply(desk, stale["sequence"], "stale")
    asked = (await desk.client.until("output", output_kind="input_request"))[-1]
    await reply(desk, stale["sequence"], "stale")
    await reply(desk, asked["sequence"], "fresh")
    assert result_of(await desk.end_of("second")) == "'fresh'"
    assert result_of(await desk.evaluate("1+1")) == "2"


@pytest.mark.parametrize("code", ["breakpoint()", "import code; code.interact()", "%reset", "help()", "%pdb on\n1/0"])
async def test_stop_leaves_what_asks_again(desk: Desk, code: str) -> None:
    """Interrupt a debugger and others that catch it and ask again, then once more: they end within a second."""
    await desk.begin("ask", code)
    await desk.client.until("output", output_kind="input_request")
    await desk.interrupt()
    ended = asyncio.create_task(desk.end_of("ask"))
    await asyncio.sleep(0.7)
    await desk.interrupt()
    async with asyncio.timeout(1):
        assert reason_of(await ended) in {"interrupted", "done"}
    assert result_of(await desk.evaluate("1+1")) == "2"


async def test_where_nobody_can_answer_it_is_said_at_once(desk: Desk, product: RunningSite) -> None:
    """Ask from a call over HTTP, and read stdin: an error that says so, and the end of the file, both at once.

    Source: reported of an interactive shell and of an editor, which hung.
    """
    for code in ("input('?')", "import getpass; getpass.getpass()"):
        async with asyncio.timeout(3):
            answer = await call(product, code)
        assert answer["reason"] == "error"
        assert answer["execute_reply"]["ename"] == "StdinNotImplementedError"
        assert "nobody can answer" in answer["execute_reply"]["evalue"]
    async with asyncio.timeout(3):
        answer = await call(product, "import sys, os; print(repr(sys.stdin.read()), os.read(0, 9))")
    assert answer["stdout"] == "'' b''\n"
    events = await desk.evaluate("import subprocess, sys\nprint([sys.stdin.readline(), subprocess.getoutput('cat')])")
    assert text_of(events) == "['', '']\n"


async def test_a_question_from_where_none_can_be_asked(desk: Desk) -> None:
    """Ask in a thread and in a forked child: an error, and nobody waits for ever."""
    code = """
import os, threading
def ask():
    try: input('?')
    except Exception as error: print(type(error).__name__)
thread = threading.Thread(target=ask); thread.start(); thread.join()
if os.fork() == 0: ask(); os._exit(0)
os.wait(); None
"""
    async with asyncio.timeout(5):
        assert text_of(await desk.evaluate(code)) == "StdinNotImplementedError\nEOFError\n"


async def test_a_password_is_in_no_output(desk: Desk, product: RunningSite) -> None:
    """Ask for a password and answer: the question says that it is one, and no event holds the answer, nor a replay.

    That the page does not show it is tested in a browser. Source: reported of an editor.
    """
    await desk.begin("ask", "import getpass; len(getpass.getpass('secret? '))")
    asked = (await desk.client.until("output", output_kind="input_request"))[-1]
    assert bodies([asked], "input_request") == [{"prompt": "secret? ", "password": True}]
    await reply(desk, asked["sequence"], "correct horse")
    events = await desk.end_of("ask")
    assert result_of(events) == "13"
    async with connected(product.url) as tab:
        await tab.send("attach", session=desk.session, token=desk.client.opened["token"])
        replay = await tab.until("attached")
    assert "correct horse" not in json.dumps(events + replay)
    assert "correct horse" not in product.log()


async def test_questions_that_nobody_answers_end_with_the_limit(desk: Desk) -> None:
    """Ask, and answer nothing: the wall time ends the question, and the session goes on."""
    events = await desk.run("x = 5\ninput('?')", limits={"wall_time": 1})
    assert reason_of(events) == "wall_time"
    assert "KeyboardInterrupt" in traceback_of(events)
    assert result_of(await desk.evaluate("x")) == "5"


async def reply(desk: Desk, sequence: int, text: str) -> None:
    await desk.client.send("input_reply", session=desk.session, sequence=sequence, text=text)
