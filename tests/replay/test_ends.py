"""Exits, crashes, lost workers, full disks and failing starts: each is told, and the next run works."""

import asyncio
from pathlib import Path

import psutil
import pytest

from tests.replay.outputs import error_of, reason_of, stream, traceback_of
from tests.running import RunningSite, running_site
from tests.site.client_end import ClientEnd, Json, connected, result_of, text_of
from tests.site.desk import Desk, desk_at
from tests.site.test_service import call
from tests.site.worker_process import main_of

CONFIG = """
[limits]
interrupt_pause = 0.5
grace = 5

[[environment]]
name = "python"
preload = []
spares = 1
"""


async def test_an_exit_of_the_process_says_what_it_means(desk: Desk, product: RunningSite) -> None:
    """Call os._exit(1): the reader learns the status and that variables are gone, and a new session runs.

    What was shown before is there for a tab that comes a moment later. Source: reported of a server of worksheets,
    whose message was a mystery.
    """
    await desk.evaluate("print('kept'); x = 1")
    await desk.begin("exit", "import os; os._exit(1)")
    (ended,) = (event for event in await desk.client.until("ended") if event["kind"] == "ended")
    assert (ended["reason"], ended["status"]) == ("exited", 1)
    assert ended["text"] == "The session ended by itself, with exit status 1. Its variables are gone."
    async with connected(product.url) as later:
        await later.send("attach", session=desk.session, token=desk.client.opened["token"], after_sequence=0)
        events = await later.until("ended")
        assert text_of(events) == "kept\n"
    session = await desk.client.open()
    assert result_of(await desk.client.evaluate(session, "'x' in globals()")) == "False"
    await desk.client.send("close", session=session)
    answer = await call(product, "import os; os._exit(1)")
    assert answer["reason"] == "session_ended" and "exit status 1" in answer["text"]


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("import ctypes; ctypes.string_at(0)", "killed", "segmentation fault"),
        ("import os; os.abort()", "killed", "aborted"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed", "killed"),
        ("kept = []\nwhile True: kept.append(bytearray(20 << 20))", "memory", "more than 300 MiB of memory"),
    ],
    ids=["segmentation fault", "abort", "kill", "out of memory"],
)
async def test_a_crash_is_told_and_what_waited_is_not_run(
    product: RunningSite, code: str, reason: str, words: str
) -> None:
    """Crash, and use up all memory, while two cells wait: within 5 s the cause is told, and that they did not run.

    Source: reported of a runner of notebooks, which waited for ever.
    """
    async with connected(product.url) as client, asyncio.timeout(30):
        session = await client.open(limits={"memory": 300 << 20})
        for name, each in (("crash", code), ("a", "print('a')"), ("b", "print('b')")):
            await client.send("evaluate", session=session, evaluation=name, code=each)
        await client.until("started", evaluation="crash")
        async with asyncio.timeout(5):
            events = await client.until("ended")
        assert (events[-1]["reason"], words in events[-1]["text"]) == (reason, True), events[-1]
        reasons = {event["evaluation"]: event["reason"] for event in events if event["kind"] == "done"}
        assert reasons == {"crash": "session_ended", "a": "not_run", "b": "not_run"}
        assert {event["text"] for event in events if event.get("reason") == "not_run"} == {
            "Not run: the session ended."
        }
        session = await client.open()
        assert result_of(await client.evaluate(session, "1+1")) == "2"
        await client.send("close", session=session)


async def test_a_killed_session_is_no_longer_called_running(desk: Desk, product: RunningSite) -> None:
    """Kill a session's process from outside while its cell runs: every tab hears of it, also one that comes later.

    Source: reported of a server of worksheets, whose cell was called running for a day.
    """
    await desk.evaluate("x = 1")
    mine = main_of(product.data / "logs" / "worker.log", desk.session)
    async with connected(product.url) as second:
        await second.send("attach", session=desk.session, token=desk.client.opened["token"])
        await second.until("attached")
        await desk.begin("long", "import time; time.sleep(600)")
        await second.until("started", evaluation="long")
        psutil.Process(mine).kill()
        async with asyncio.timeout(10):
            for client in (desk.client, second):
                events = await client.until("ended")
                assert events[-1]["reason"] == "killed"
                assert [event["reason"] for event in events if event["kind"] == "done"] == ["session_ended"]
    async with connected(product.url) as later:
        await later.send("attach", session=desk.session, token=desk.client.opened["token"])
        events = await later.until("ended")
        assert [event["reason"] for event in events if event["kind"] == "done"][-1] == "session_ended"


async def test_a_killed_worker_is_told_to_every_tab(tmp_path: Path) -> None:
    """Kill the worker with -9 while a cell runs: within 10 s every open tab hears of it, and so does a later one.

    Source: reported of a server of worksheets.
    """
    with running_site(tmp_path, config=CONFIG) as site:
        async with connected(site.url) as first, connected(site.url) as second, asyncio.timeout(40):
            session = await first.open()
            await second.send("attach", session=session, token=first.opened["token"])
            await second.until("attached")
            await first.send("evaluate", session=session, evaluation="long", code="import time; time.sleep(600)")
            await second.until("started", evaluation="long")
            site.processes.look()
            site.service("worker").kill()
            async with asyncio.timeout(10):
                for client in (first, second):
                    ended = (await client.until("ended"))[-1]
                    assert ended["reason"] == "worker_lost" and "Its variables are gone" in ended["text"]
            async with connected(site.url) as later:
                failure = await attach_once_reachable(later, session, first.opened["token"])
                assert failure["code"] == "unknown_session" and failure["hint"] == "open a new one"
                again = await later.open()
                assert result_of(await later.evaluate(again, "1+1")) == "2"


FORMS = {
    "exit()": "None",
    "quit()": "None",
    "exit(3)": "3",
    "import sys; sys.exit()": "",
    "import sys; sys.exit(3)": "3",
    "import sys; sys.exit('in words')": "in words",
    "raise SystemExit(3)": "3",
}


@pytest.mark.parametrize("form", list(FORMS))
async def test_an_exit_stops_the_cell_in_whatever_form(desk: Desk, form: str) -> None:
    """Leave by exit(), quit(), sys.exit() and SystemExit, at top level, in a function and in a thread.

    The cell stops, or the thread, its code or text is shown, and the session lives with its variables. Source:
    reported of a notebook server, where it depended on the place.
    """
    await desk.evaluate("kept = 5")
    indented = form.replace("import sys; ", "import sys\n    ")
    for code in (f"{form}\nprint('not reached')", f"def leave():\n    {indented}\nleave()\nprint('not reached')"):
        events = await desk.run(code)
        assert (reason_of(events), error_of(events)["ename"]) == ("error", "SystemExit")
        assert error_of(events)["evalue"] == FORMS[form]
        assert "The session and its variables live on" in traceback_of(events)
        assert text_of(events) == ""
    events = await desk.run(
        f"import threading\ndef leave():\n    {indented}\n"
        "thread = threading.Thread(target=leave); thread.start(); thread.join(); print('reached')"
    )
    assert (reason_of(events), stream(events, "stdout")) == ("done", "reached\n")
    assert "SystemExit" in stream(events, "stderr") and FORMS[form] in stream(events, "stderr")
    assert result_of(await desk.evaluate("kept")) == "5"


async def test_a_session_that_cannot_start_says_why(product: RunningSite) -> None:
    """Ask for a session that may have one file, its home directory not counted: the reason is told; a retry works.

    That the page shows it and keeps the code is tested in a browser. Source: reported of a server of worksheets,
    which showed nothing.
    """
    async with connected(product.url) as client:
        async with asyncio.timeout(25):
            request = await client.send("open", limits={"files": 1})
            answer = await client.next()
        if answer["kind"] == "failure":
            assert (answer["request"], answer["code"]) == (request, "bad_message")
            assert (answer["noun"], answer["what"]) == ("limits", "let no session start") and "ask for more" in answer[
                "hint"
            ]
            assert "session not started" in product.log()
        else:
            await client.send("close", session=answer["session"])  # Without a sandbox files are not counted.
            await client.until("ended")
        session = await client.open()
        assert result_of(await client.evaluate(session, "1+1")) == "2"
        await client.send("close", session=session)


async def test_a_full_disk_is_called_one(product: RunningSite) -> None:
    """Fill the session's disk: code is told that no space is left, and so is who puts a file; deleting helps.

    Source: reported of a notebook server, which spoke of an unknown error.
    """
    async with desk_at(product, limits={"disk": 1 << 20}) as desk:
        events = await desk.run("with open('full', 'wb') as file:\n    while True: file.write(b'x' * 10_000)")
        assert (reason_of(events), error_of(events)["ename"]) == ("error", "OSError")
        assert any(words in error_of(events)["evalue"] for words in ("No space left on device", "File too large"))
        assert "disk" in await desk.put(b"more", b"y" * (1 << 21), status=507)
        assert result_of(await desk.evaluate("1+1")) == "2"
        await desk.evaluate("import os; os.remove('full')")
        await desk.put(b"more", b"y" * 1000)
        assert await desk.get(b"more") == b"y" * 1000


async def attach_once_reachable(client: ClientEnd, session: str, token: str) -> Json:
    """Attach again and again, as a page does, until the answer is not that no worker can be reached."""
    while True:
        await client.send("attach", session=session, token=token)
        if (failure := await client.failure())["code"] != "unavailable":
            return failure
        await asyncio.sleep(0.2)
