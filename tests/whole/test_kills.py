"""Each service of a site on three machines is killed under load; the site is whole again by itself, and in time."""

import asyncio
import re
import time

import pytest

from tests.processes import wait_until
from tests.whole.figures import within
from tests.whole.keepers import Keepers
from tests.whole.network import Machine
from tests.whole.readers import Readers, browser, knocking
from tests.whole.three_machines import NAME, ThreeMachines, of_sessions

pytestmark = pytest.mark.timeout(300)
COMES_BACK = 15
"""Seconds in which a service that was killed runs again."""


async def until_runs_anew(site: ThreeMachines, name: str, machine: Machine, before: int) -> float:
    """Wait until a service runs as another process; return in how many seconds."""

    def anew() -> bool:
        process = site.processes(machine)[name]
        return process.state == "RUNNING" and process.pid != before

    begun = time.monotonic()
    await asyncio.to_thread(wait_until, anew, COMES_BACK * 2, f"{name} runs again")
    return time.monotonic() - begun


async def test_a_killed_balancer(site: ThreeMachines) -> None:
    """In 10 s it serves again; no output is lost."""
    async with Readers(4) as readers:
        site.kill("haproxy1")
        within(10, "kill -9 of haproxy1", await readers.until_all_evaluate(30))
    assert not readers.lost


async def test_a_killed_nginx(site: ThreeMachines) -> None:
    """Its files come from elsewhere meanwhile: no error that a reader sees."""
    async with browser() as http, http.get(f"https://{NAME}/") as page:
        file = re.findall(r'"/?([^":]+[.-][0-9A-Za-z_-]{8,}[.]js)"', await page.text())[0]
    async with Readers(3) as readers, knocking(file) as knocks:
        before = site.pid("nginx1")
        site.kill("nginx1")
        within(10, "kill -9 of nginx1", await readers.until_all_evaluate(20))
        within(COMES_BACK, "nginx1 runs anew", await until_runs_anew(site, "nginx1", site.front, before))
    assert set(knocks.answers) == {"200"}, knocks
    assert not readers.lost and not readers.refusals


async def test_a_stunnel_that_is_killed_or_restarted(site: ThreeMachines) -> None:
    """In 10 s it serves again; no output is lost."""
    site.write(stunnel=True)
    try:
        changed = await asyncio.to_thread(site.admin, "start")
        assert changed.status == 0, changed
        async with Readers(4) as readers:
            site.kill("stunnel1")
            within(10, "kill -9 of stunnel1", await readers.until_all_evaluate(30))
            restarted = await asyncio.to_thread(site.admin, "restart", "stunnel1")
            assert restarted.status == 0, restarted
            within(10, "stunnel1 restarted", await readers.until_all_evaluate(30))
        assert not readers.lost
    finally:
        site.write()
        back = await asyncio.to_thread(site.admin, "start")
    assert back.status == 0, back


async def test_both_backends_are_killed_at_once(site: ThreeMachines) -> None:
    """In 15 s sessions are found again by their ids; no cell runs twice."""
    async with Readers(4) as readers:
        site.front.signal(9, site.pid("backend1"), site.pid("backend2"))
        within(15, "kill -9 of both backends", await readers.until_all_evaluate(40))
    assert not readers.lost


async def test_a_killed_worker(site: ThreeMachines) -> None:
    """Its sessions are declared lost, all of them, and no process of them is left; others go on; 15 s."""
    async with Readers(6) as readers:
        worker, before = site.pid("worker1"), of_sessions(site.left)
        there = {each.session for each in readers.told if each.session.startswith("worker1-")}
        site.left.signal(9, worker)
        within(15, "kill -9 of worker1", await readers.until_all_evaluate(40))
        took = await until_runs_anew(site, "worker1", site.left, worker)
        within(COMES_BACK, "worker1 runs anew", took)
        wait_until(lambda: not before & of_sessions(site.left), 5, "nothing of the killed worker's is left")
    assert readers.lost == len(there) > 0


async def test_a_killed_cache_is_only_slower(site: ThreeMachines) -> None:
    """No error that a reader sees."""
    async with Readers(3) as readers, knocking() as knocks:
        before = site.pid("memcached1")
        site.kill("memcached1")
        within(10, "kill -9 of memcached1", await readers.until_all_evaluate(20))
        await until_runs_anew(site, "memcached1", site.front, before)
    assert set(knocks.answers) == {"200"} and not readers.lost and not readers.refusals


async def test_a_killed_logwatch_brings_each_line_once(site: ThreeMachines) -> None:
    """Each of some numbered lines is in the table exactly once."""
    word = "numbered-by-the-test"
    log = site.left.root / str(site.places.logs / "worker1.log").lstrip("/")
    count = 0
    with log.open("a") as file:
        for _ in range(3):
            before = site.pid("logwatch2")
            for _ in range(700):
                file.write(f'{{"event": "{word} {count}", "level": "info"}}\n')
                count += 1
            file.flush()
            await asyncio.sleep(0.05)
            site.kill("logwatch2")
            await until_runs_anew(site, "logwatch2", site.left, before)
    begun = time.monotonic()
    query = f"SELECT message FROM log_record WHERE message LIKE '{word} %'"  # our own word
    async with asyncio.timeout(30):
        while len(rows := await site.database.ask(query)) < count:
            await asyncio.sleep(0.1)
    within(30, "kill -9 of logwatch2 three times", time.monotonic() - begun)
    assert sorted(row["message"] for row in rows) == sorted(f"{word} {number}" for number in range(count))
    assert await site.database.ask("SELECT * FROM log_gap WHERE service = 'worker1'") == []


@pytest.mark.parametrize("name", ["left", "front"])
async def test_a_killed_supervisord_takes_its_machine_with_it_until_the_next_start(
    site: ThreeMachines, name: str
) -> None:
    """15 s after `start`; nothing of the machine's services outlives it."""
    machine = site.machines[name]
    async with Readers(4) as readers:
        lost = {each.session for each in readers.told if each.session.startswith("worker1-")}
        supervisord = int((machine.root / str(site.places.pid).lstrip("/")).read_text())
        machine.signal(9, supervisord)
        await asyncio.to_thread(wait_until, lambda: not machine.processes(), 20, "all of the machine has ended")
        begun = time.monotonic()
        started = await asyncio.to_thread(site.admin, "start")
        assert started.status == 0, started
        within(15, f"start after kill -9 of {name}'s supervisord", time.monotonic() - begun)
        within(15, f"readers after kill -9 of {name}'s supervisord", await readers.until_all_evaluate(30))
    assert readers.lost == (len(lost) if name == "left" else 0)


async def test_all_machines_lose_their_power_at_once(site: ThreeMachines) -> None:
    """30 s after `start`: what was acknowledged is there, in whatever order machines start."""
    async with Keepers() as keepers:
        await keepers.until_kept(10)
        for machine in site.machines.values():
            machine.lose_power()
        begun = time.monotonic()
        started = await asyncio.to_thread(site.admin, "start", "--machine", "right", "--machine", "left")
        assert started.status == 0, started
        started = await asyncio.to_thread(site.admin, "start")
        assert started.status == 0, started
        within(30, "power lost on all machines: start", time.monotonic() - begun)
        within(15, "power lost on all machines: readers", await keepers.until_kept(1))
    async with Readers(2) as readers:
        pass
    assert not readers.lost
