"""`sagews admin` on a site on three machines: services that hang, and strangers where services would be."""

import asyncio
import time

import pytest

from tests.processes import wait_until
from tests.whole.figures import within
from tests.whole.network import PREFIX
from tests.whole.readers import Readers
from tests.whole.three_machines import SERVICES, ThreeMachines

pytestmark = pytest.mark.timeout(240)
STRANGER = """
import socket
server = socket.create_server(("{address}", {port}))
server.listen()
while True:
    server.accept()[0].close()
"""


@pytest.mark.parametrize("name", ["worker1", "backend1", "haproxy1", "memcached1"])
async def test_a_service_that_hangs_is_stopped_in_its_time(site: ThreeMachines, name: str) -> None:
    machine = site.where(name)
    before = site.pid(name)
    machine.signal(19, before)
    begun = time.monotonic()
    stopped = await asyncio.to_thread(site.admin, "stop", name)
    assert stopped.status == 0, stopped
    within(30, f"stop of {name}, which hangs", time.monotonic() - begun)
    assert before not in machine.processes()
    assert (await asyncio.to_thread(site.admin, "start")).status == 0
    async with Readers(2) as readers:
        pass
    assert not readers.lost


@pytest.mark.parametrize(
    ("name", "address", "port", "what"),
    [
        ("worker2", f"{PREFIX}3", 7400, "port 7400:"),
        ("backend2", f"{PREFIX}1", 8081, "process {stranger} (python3)"),
        ("memcached1", "127.0.0.1", 11211, "process {stranger} (python3)"),
    ],
)
async def test_a_stranger_on_the_port_is_told_and_left_alone(
    site: ThreeMachines, name: str, address: str, port: int, what: str
) -> None:
    machine = site.where(name)
    assert site.admin("stop", name).status == 0
    others = {each: site.pid(each) for each in SERVICES if each != name}
    code = STRANGER.format(address=address, port=port)
    machine.run("sh", "-c", 'setsid /usr/bin/python3 -c "$0" </dev/null >/dev/null 2>&1 &', code)

    def strangers() -> list[int]:
        return [process for process, command in machine.processes().items() if "create_server" in command]

    (stranger,) = wait_until(strangers, 10, "the stranger is there")
    try:
        async with Readers(3) as readers:
            refused = await asyncio.to_thread(site.admin, "start")
            assert refused.status == 3 and what.format(stranger=stranger) in refused.stderr, refused
        assert not readers.lost
        assert strangers() == [stranger]
        assert {each: site.pid(each) for each in others} == others
    finally:
        machine.signal(9, stranger)
        started = site.admin("start")
    assert started.status == 0, started


async def test_a_machine_whose_supervisord_hangs_is_told_in_time(site: ThreeMachines) -> None:
    pid = int((site.left.root / str(site.places.pid).lstrip("/")).read_text())
    site.left.signal(19, pid)
    try:
        begun = time.monotonic()
        told = await asyncio.to_thread(site.admin, "start")
        assert told.status == 3 and "supervisord: does not answer" in told.stderr, told
        within(40, "start while a supervisord hangs", time.monotonic() - begun)
    finally:
        site.left.signal(18, pid)


async def test_a_machine_is_emptied_under_load_and_taken_back(site: ThreeMachines) -> None:
    """Whose session was there is told so and goes on elsewhere; the balancer stays; afterwards all is as before."""
    balancer = site.pid("haproxy2")
    async with Readers(4) as readers:
        there = {session for session in readers.newest.values() if session.startswith("worker1-")}
        assert there, readers.newest
        drained = await asyncio.to_thread(site.admin, "drain", "left")
        assert drained.status == 0 and "worker1: is drained" in drained.stdout, drained
        await readers.until_all_evaluate(20)
        assert {session.partition("-")[0] for session in readers.newest.values()} == {"worker2"}
        assert site.status()["worker1"] == "drained"
        started = await asyncio.to_thread(site.admin, "start")
        assert started.status == 0, started
    assert readers.ends == {"drained": len(there)} and not readers.refusals, (readers.ends, readers.refusals)
    assert site.pid("haproxy2") == balancer
    sessions: set[str] = set()
    while not any(session.startswith("worker1-") for session in sessions):
        async with Readers(4) as others:
            pass
        sessions |= set(others.newest.values())
