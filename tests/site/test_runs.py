"""Stateless evaluations on the running product, over its socket."""

import asyncio
import json
import secrets
from collections.abc import Iterator

import aiohttp
import psutil
import pytest

from tests.running import RunningSite, running_site
from tests.site.client_end import ClientEnd, Json, connected, result_of, text_of

CONFIG = """
[limits]
grace = 3.0

[[environment]]
name = "python"
preload = []
spares = 2
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site that starts quickly, whose log must show no fault."""
    with running_site(tmp_path_factory.mktemp("runs"), config=CONFIG) as site:
        yield site
        assert "Traceback" not in site.log(), site.log()


async def counter(url: str, name: str) -> float:
    """Return the sum of a counter of the backend, over all its labels."""
    async with aiohttp.ClientSession() as http, http.get(url + "metrics") as response:
        lines = (await response.text()).splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


async def sessions(url: str) -> int:
    """Return how many sessions the worker has."""
    async with aiohttp.ClientSession() as http, http.get(url + "healthz") as response:
        return sum(worker["sessions"] for worker in (await response.json())["workers"])


async def until_no_session(url: str, deadline: float = 5) -> None:
    async with asyncio.timeout(deadline):
        while await sessions(url):
            await asyncio.sleep(0.02)


def name() -> str:
    return secrets.token_hex(16)


def bodies(events: list[Json]) -> list[tuple[str, str, str]]:
    """Return what a reader sees of events."""
    return [(e["kind"], e.get("output_kind", ""), e.get("body", "")) for e in events]


def numbers(events: list[Json]) -> list[int]:
    return [event["sequence"] for event in events]


def sleeping(mark: str) -> bool:
    """Whether the code with this mark in its process's name runs."""
    return any(process.info["cmdline"] == ["sleep", mark] for process in psutil.process_iter(["cmdline"]))


async def test_code_in_outputs_and_a_reason_out(running: RunningSite) -> None:
    async with connected(running.url) as client:
        events = await client.run("print('first')\nx = 6\nx * 7")
        kinds = [event["kind"] for event in events]
        assert kinds == ["started", *(["output"] * (len(events) - 2)), "done"]
        assert numbers(events) == list(range(1, len(events) + 1)) and {event["session"] for event in events} == {""}
        assert (text_of(events), result_of(events), events[-1]["reason"]) == ("first\n", "42", "done")
        # The next one sees nothing of it.
        events = await client.run("x")
        assert events[-1]["reason"] == "error" and "NameError" in events[-2]["body"]
        await until_no_session(running.url)
        # What is asked of no session is refused as before.
        await client.send("complete", code="x", cursor=1)
        assert (await client.failure())["code"] == "unknown_session"


async def test_the_second_time_is_the_first_one_kept(running: RunningSite) -> None:
    code = "from IPython.display import HTML, display\nprint('ä', end='')\ndisplay(HTML('<b>1</b>'))\n2**100"
    async with connected(running.url) as one, connected(running.url) as two:
        first = await one.run(code)
        assert "kept_since" not in first[-1] and "unrepeatable" not in first[-1]
        hits = await counter(running.url, "sagews_cache_hits_total")
        for client in (one, two):
            again = await client.run(code)
            assert bodies(again) == bodies(first) and numbers(again) == numbers(first)
            assert again[-1]["kept_since"] == first[0]["time"]
        assert await counter(running.url, "sagews_cache_hits_total") == hits + 2
        # Other code, other limits, or the wish for a fresh one: it runs.
        for other in ({"code": code + "\n"}, {"code": code, "limits": {"wall_time": 7}}, {"code": code, "fresh": True}):
            events = await one.run(**other)
            assert "kept_since" not in events[-1] and events[-1]["reason"] == "done"
        newest = (await two.run(code))[-1]["kept_since"]
        assert newest > first[0]["time"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import time; time.time()", "clock"),
        ("import random; random.random()", "random"),
        ("import os; os.urandom(1)", "random"),
        ("import subprocess; subprocess.run(['true']).returncode", "process"),
        ("import socket; socket.socket().connect_ex(('127.0.0.1', 9)) and None", "network"),
    ],
)
async def test_what_differs_each_time_is_not_kept(running: RunningSite, code: str, why: str) -> None:
    async with connected(running.url) as client:
        for _ in range(2):
            done = (await client.run(code))[-1]
            assert (done["reason"], done.get("unrepeatable")) == ("done", why)
            assert "kept_since" not in done


async def test_the_next_one_replaces_it_and_its_processes_are_gone(running: RunningSite) -> None:
    mark = str(200_000 + secrets.randbelow(100_000))
    async with connected(running.url) as client:
        first, second = name(), name()
        await client.send("run", evaluation=first, code=f"import subprocess; subprocess.run(['sleep', '{mark}'])")
        async with asyncio.timeout(10):
            while not sleeping(mark):
                await asyncio.sleep(0.02)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await client.send("run", evaluation=second, code="1 + 1")
        end = (await client.until("done", evaluation=first))[-1]
        assert end["reason"] == "replaced" and end["text"]
        assert result_of(await client.until("done", evaluation=second)) == "2"
        async with asyncio.timeout(2):
            while sleeping(mark):
                await asyncio.sleep(0.02)
        assert loop.time() - begun < 5
        await until_no_session(running.url)


async def test_readers_of_the_same_share_a_run(running: RunningSite) -> None:
    code = "import time\nfor number in range(30):\n    print(number, flush=True)\n    time.sleep(0.05)"
    evaluations = await counter(running.url, 'sagews_runs_total{how="run"}')
    async with (
        connected(running.url) as one,
        connected(running.url) as two,
        connected(running.url) as three,
    ):
        names = [name(), name(), name()]
        for client, evaluation in zip((one, two), names, strict=False):
            await client.send("run", evaluation=evaluation, code=code)
            await client.until("output", evaluation=evaluation)
        # One leaves, another replaces his, a third one comes: it goes on, and each gets all of it.
        await three.send("run", evaluation=names[2], code=code)
        await one.send("run", evaluation=name(), code="1")
        assert (await one.until("done", evaluation=names[0]))[-1]["reason"] == "replaced"
        await two.socket.close()
        events = await three.until("done", evaluation=names[2])
        assert text_of(events) == "".join(f"{number}\n" for number in range(30))
        assert numbers(events) == list(range(1, len(events) + 1)) and events[-1]["reason"] == "done"
    assert await counter(running.url, 'sagews_runs_total{how="run"}') == evaluations + 2


async def test_it_is_found_again_by_its_name(running: RunningSite) -> None:
    code = "import time\nfor number in range(20):\n    print(number, flush=True)\n    time.sleep(0.05)"
    evaluation = name()
    async with connected(running.url) as client:
        await client.send("run", evaluation=evaluation, code=code)
        events = [await client.next(), await client.next(), await client.next()]
    attempt = events[0]["attempt"]
    for _ in range(3):
        async with connected(running.url) as client:
            await client.send(
                "run", evaluation=evaluation, code=code, after_sequence=events[-1]["sequence"], attempt=attempt
            )
            events += [await client.next(), await client.next()]
    async with connected(running.url) as client:
        await client.send(
            "run", evaluation=evaluation, code=code, after_sequence=events[-1]["sequence"], attempt=attempt
        )
        events += await client.until("done")
    assert numbers(events) == list(range(1, len(events) + 1))
    assert text_of(events) == "".join(f"{number}\n" for number in range(20))
    # What is over is remembered, also by those who do not say what they have.
    async with connected(running.url) as client:
        again = await client.run(code, evaluation=evaluation)
        assert bodies(again) == bodies(events)


async def test_what_is_joined_is_never_run(running: RunningSite) -> None:
    runs = await counter(running.url, 'sagews_runs_total{how="run"}')
    code = "import time\nfor number in range(10):\n    print(number, flush=True)\n    time.sleep(0.1)"
    evaluation = name()
    async with connected(running.url) as one, connected(running.url) as two:
        # Unknown: nothing runs for it.
        await one.send("run", evaluation=evaluation, code=code, join=True)
        assert (await one.failure())["code"] == "unknown_evaluation"
        # It runs, and two tabs show it.
        await one.send("run", evaluation=evaluation, code=code)
        await one.until("output")
        assert text_of(await two.run(code, evaluation=evaluation, join=True)).split() == [str(n) for n in range(10)]
    async with connected(running.url) as late:
        # It is over and remembered; then forgotten, and its result kept.
        assert "kept_since" not in (await late.run(code, evaluation=evaluation, join=True))[-1]
        events = await late.run(code, evaluation=name(), join=True)
        assert events[-1]["kept_since"] and text_of(events).split() == [str(n) for n in range(10)]
        # What is not kept can be had by its name alone.
        clock = "import time; time.time()"
        first = await late.run(clock, evaluation=(known := name()))
        assert bodies(await late.run(clock, evaluation=known, join=True)) == bodies(first)
        await late.send("run", evaluation=name(), code=clock, join=True)
        assert (await late.failure())["code"] == "unknown_evaluation"
    assert await counter(running.url, 'sagews_runs_total{how="run"}') == runs + 2


async def test_nobody_who_waits_ends_it_after_the_grace(running: RunningSite) -> None:
    await until_no_session(running.url)
    async with connected(running.url) as client:
        await client.send("run", evaluation=name(), code="while True: pass")
        await client.until("started")
    assert await sessions(running.url) == 1
    await until_no_session(running.url, 10)


async def test_stop(running: RunningSite) -> None:
    async with connected(running.url) as client:
        evaluation = name()
        turns = "import time\ntry:\n    while True:\n        print('going')\n        time.sleep(0.05)\n"
        code = turns + "except KeyboardInterrupt:\n    print('end')\n    raise"
        await client.send("run", evaluation=evaluation, code=code)
        for _ in range(4):
            await client.until("output")
        await client.send("interrupt", evaluation=evaluation)
        events = await client.until("done", evaluation=evaluation)
        assert events[-1]["reason"] == "interrupted" and text_of(events).endswith("end\n")


async def asked(client: ClientEnd, evaluation: str, answer: str) -> str:
    """Answer an `input()`, and return the result."""
    question = (await client.until("output", evaluation=evaluation, output_kind="input_request"))[-1]
    await client.send("input_reply", sequence=question["sequence"], text=answer)
    return result_of(await client.until("done", evaluation=evaluation))


async def test_each_reader_is_asked_himself(running: RunningSite) -> None:
    code = "import time; time.sleep(1); input('name? ').upper()"
    async with connected(running.url) as one, connected(running.url) as two:
        names = [name(), name()]
        for client, evaluation in zip((one, two), names, strict=True):
            await client.send("run", evaluation=evaluation, code=code)
            await client.until("started", evaluation=evaluation)
        results = await asyncio.gather(asked(one, names[0], "one"), asked(two, names[1], "two"))
        assert results == ["'ONE'", "'TWO'"]


async def test_a_session_that_dies_says_why(running: RunningSite) -> None:
    async with connected(running.url) as client:
        done = (await client.run("import os; os._exit(7)"))[-1]
        assert done["reason"] == "session_ended" and "7" in done["text"]
        done = (await client.run("while True: pass", limits={"wall_time": 0.5}))[-1]
        assert done["reason"] == "wall_time"
        assert result_of(await client.run("1 + 2")) == "3"


async def test_the_service_says_what_the_cache_did(running: RunningSite) -> None:
    async with aiohttp.ClientSession() as http:

        async def call(code: str, **headers: str) -> tuple[Json, str]:
            async with http.post(running.url + "service", data={"code": code}, headers=headers) as response:
                assert response.status == 200
                return json.loads(await response.text()), response.headers["Cache-Status"]

        code = "print('kept?')\n[1, 2, 3][::-1]"
        first, status = await call(code)
        assert status == "sagews; fwd=miss; stored" and "kept_since" not in first
        again, status = await call(code)
        assert status.startswith("sagews; hit; ttl=2591") and status.endswith("; detail=memory")
        since = again.pop("kept_since")
        assert again == first
        fresh, status = await call(code, **{"Cache-Control": "no-cache"})
        assert status == "sagews; fwd=request; stored" and fresh == first
        assert (await call(code))[0]["kept_since"] > since
        assert (await call(code + "\n", **{"Cache-Control": "no-store"}))[1] == "sagews; fwd=request; detail=request"
        assert (await call(code + "\n"))[1] == "sagews; fwd=miss; stored"
        assert (await call("import time; time.time()"))[1] == "sagews; fwd=miss; detail=clock"
        assert (await call("1/0"))[1] == "sagews; fwd=miss; detail=error"
        # Two calls at once are one run, and input() has nobody to ask.
        both = await asyncio.gather(*(call("sum(range(3 * 10**7))") for _ in range(2)))
        assert both[0][0] == both[1][0] and sorted(status for _, status in both) == [
            "sagews; fwd=miss; stored",
            "sagews; fwd=miss; stored; collapsed",
        ]
        answer, status = await call("input('?')")
        assert answer["reason"] == "error" and "hit" not in status
