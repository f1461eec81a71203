"""A site in a container within gVisor, whose kernel has neither descriptors of processes nor subreapers."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator

import pytest

from sagews.client import Client
from tests.image.containers import IMAGE, Container, container
from tests.processes import wait_until
from tests.site.test_client import evaluate, reason, text

RUNTIME = shutil.which("runsc") or ""
ENGINE = ("--runtime", RUNTIME, "--runtime-flag", "network=host")
pytestmark = [
    pytest.mark.skipif(not IMAGE, reason="no SAGEWS_IMAGE: `make test-image` builds one"),
    pytest.mark.skipif(not RUNTIME, reason="no gVisor: apt-get install runsc"),
    pytest.mark.timeout(300),
]
DEADLINE = 30.0
FIRST_USER = 6_000_000
DAEMONS = """
import ctypes, os, signal, time
ctypes.CDLL(None).prctl(15, b"\\nUid:\\t0\\t0\\n")
for number in (1, 2, 3, 15):
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            os.closerange(0, 3)
            while True:
                os.fork() or os._exit(0)
                time.sleep(0.02)
        os._exit(0)
time.sleep(0.5)
print(os.getuid())
"""
STUBBORN = "import signal\nsignal.signal(2, signal.SIG_IGN)\nsignal.signal(3, signal.SIG_IGN)\nwhile True: pass"
LIST = """
import json, os
found = []
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        lines = dict(line.split(":", 1) for line in open(f"/proc/{name}/status") if ":" in line)
    except OSError:
        continue
    found.append((int(lines["Uid"].split()[0]), lines["State"].split()[0], int(lines["PPid"])))
print(json.dumps(found))
"""

KILL_ZYGOTE = """
import os
for name in filter(str.isdigit, os.listdir("/proc")):
    command = open(f"/proc/{name}/cmdline", "rb").read()
    if b"sagews.session.zygote" in command and int(name) != os.getpid() and os.stat(f"/proc/{name}").st_uid == 0:
        os.kill(int(name), 9)
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Container]:
    """One site for those tests that leave nothing."""
    with container("/data", engine=ENGINE) as one:
        yield one


def processes(site: Container) -> list[tuple[int, str, int]]:
    """Return user, state and parent of each process in the container."""
    return [tuple(each) for each in json.loads(site.run("/opt/sagews/bin/python", "-c", LIST))]


def living(site: Container, user: int) -> int:
    return sum(uid == user and state not in "ZX" for uid, state, _parent in processes(site))


def test_it_serves_a_cell_behind_a_filter_and_as_a_user_of_its_own(site: Container) -> None:
    told = site.ask("/service", b"code=import os; print(os.getuid() >= 6000000, 6 * 7)")
    assert told["stdout"] == "True 42\n"
    refused = site.ask("/service", b"code=import socket; socket.socket()")
    assert "Address family not supported" in json.dumps(refused)


def test_the_doctor_says_where_it_is_and_which_tier_that_gives(site: Container) -> None:
    assert [worker["tier"] for worker in site.ask("/status.json")["workers"]] == ["C"]
    doctor = json.loads(site.run("sagews", "doctor", "--json", check=False))
    assert doctor["tier"] == "C" and doctor["system"].endswith("(gVisor)")
    holds = {finding["name"]: finding["holds"] for finding in doctor["findings"]}
    assert holds["ends by user"] and not holds["process descriptors"] and not holds["orphans"]
    assert {row["tier"]: row["reachable"] for row in doctor["tiers"]} == {"A": False, "B": False, "C": True, "D": False}


async def test_an_interrupt_is_the_end_of_an_evaluation_alone(site: Container) -> None:
    async with asyncio.timeout(DEADLINE), Client(site.url) as client:
        session = await client.open()
        assert text(await evaluate(session, "x = 7\nprint(x)")) == "7\n"
        events = session.evaluate("print('runs')\nwhile True: pass")
        seen = []
        async for event in events:
            seen.append(event)
            if text(seen) == "runs\n" and event is seen[-1] and len(seen) == 3:
                await session.interrupt()
        assert reason(seen) == "interrupted"
        assert text(await evaluate(session, "print(x)")) == "7\n"
        await session.close()


async def test_what_daemons_fork_ends_with_their_session(site: Container) -> None:
    async with asyncio.timeout(DEADLINE), Client(site.url) as client:
        session, sibling = await client.open(), await client.open()
        user = int(text(await evaluate(session, DAEMONS)))
        other = int(text(await evaluate(sibling, "import os\nprint(os.getuid())")))
        assert living(site, user) > 3
        await session.close()
        assert living(site, user) == 0
        assert living(site, other) == 1 and text(await evaluate(sibling, "print(1)")) == "1\n"
        await sibling.close()
    # The first process of the container has inherited them, and collects them.
    wait_until(lambda: not any(state == "Z" for _user, state, _parent in processes(site)), 10, "no process is left")


async def test_the_wall_time_is_kept_against_code_that_hears_no_signal(site: Container) -> None:
    async with asyncio.timeout(DEADLINE), Client(site.url) as client:
        session = await client.open(limits={"wall_time": 1})
        user = int(text(await evaluate(session, "import os\nprint(os.getuid())")))
        begun = time.monotonic()
        assert reason(await evaluate(session, STUBBORN)) == "wall_time"
        assert time.monotonic() - begun < 15
        assert living(site, user) == 0


async def test_a_killed_zygote_takes_its_sessions_with_it_and_is_started_again(site: Container) -> None:
    async with asyncio.timeout(DEADLINE), Client(site.url) as client:
        session = await client.open()
        user = int(text(await evaluate(session, DAEMONS)))
        site.run("/opt/sagews/bin/python", "-c", KILL_ZYGOTE)
        await session.wait_ended()
        assert living(site, user) == 0
        again = await client.open()
        assert text(await evaluate(again, "print(1)")) == "1\n"
        await again.close()


async def test_it_stops_while_daemons_run_and_what_it_keeps_is_in_its_volume(volume: str) -> None:
    with container(f"{volume}:/data", engine=ENGINE) as first:
        made = first.ask("/api/v1/permalinks", json.dumps({"code": "2 + 2"}).encode())
        async with asyncio.timeout(DEADLINE), Client(first.url) as client:
            session = await client.open()
            assert living(first, int(text(await evaluate(session, DAEMONS)))) > 3
    with container(f"{volume}:/data", engine=ENGINE) as second:
        assert second.token == first.token
        assert second.ask(f"/api/v1/permalinks/{made['id']}")["code"] == "2 + 2"
