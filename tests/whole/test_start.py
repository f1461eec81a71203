"""A site on three machines starts from its file, serves, and refuses what would harm it."""

import asyncio
import json

import pytest

from tests.whole.figures import within
from tests.whole.readers import Readers, browser
from tests.whole.three_machines import LOGWATCHES, NAME, SERVICES, ThreeMachines

pytestmark = pytest.mark.timeout(240)


@pytest.mark.quick
async def test_it_serves_and_all_of_it_is_as_the_file_says(site: ThreeMachines) -> None:
    assert set(site.status()) == {*SERVICES, *LOGWATCHES}
    assert {site.where(name).name for name in ("worker1", "worker2", "backend1")} == {"left", "right", "front"}
    async with Readers(4) as readers:
        await readers.until_all_evaluate(10)
    assert not readers.lost and not readers.refusals
    # Both workers take some; one that has no spare session for the moment takes none before the other.
    workers = {each.session.partition("-")[0] for each in readers.told}
    while workers != {"worker1", "worker2"}:
        async with Readers(4) as more:
            pass
        workers |= {each.session.partition("-")[0] for each in more.told}
    # Services of other machines come to the database by TLS, each in its own role.
    come = await site.database.ask(
        "SELECT DISTINCT usename, host(client_addr) AS machine, version FROM pg_stat_ssl"
        " JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
    )
    assert {(each["usename"], each["machine"], each["version"]) for each in come} >= {
        ("sagews_backend", site.front.address, "TLSv1.3"),
        ("sagews_logwatch", site.front.address, "TLSv1.3"),
        ("sagews_logwatch", site.left.address, "TLSv1.3"),
    }


@pytest.mark.quick
async def test_a_killed_backend_costs_its_readers_nothing(site: ThreeMachines) -> None:
    """Readers are on the other one in 10 s, what they run goes on, and its output is complete."""
    async with Readers(4) as readers:
        for name in ("backend1", "backend2"):
            site.kill(name)
            within(10, f"kill -9 of {name}", await readers.until_all_evaluate(20))
            site.await_health()
    assert not readers.lost


def test_start_twice_changes_nothing(site: ThreeMachines) -> None:
    before = {name: site.pid(name) for name in SERVICES}
    again = site.admin("start")
    assert again.status == 0 and all(line.endswith(": runs") for line in again.stdout.splitlines()), again
    assert {name: site.pid(name) for name in SERVICES} == before


@pytest.mark.quick
def test_a_broken_configuration_stops_nothing(site: ThreeMachines) -> None:
    before = {name: site.pid(name) for name in SERVICES}
    try:
        for verb, more, what in (
            ("start", "[haproxi]\n", "haproxi"),
            ("restart", "[nginx]\nport = 99999\n", "99999"),
            ("reload", "x = [\n", "sagews.toml"),
            ("check", "[memcached]\nmemory = 'much'\n", "memory"),
        ):
            site.write(more)
            refused = site.admin(verb)
            assert refused.status == 2 and what in refused.stderr, refused
    finally:
        site.write()
    assert {name: site.pid(name) for name in SERVICES} == before


async def test_logs_of_all_machines_come_together(site: ThreeMachines) -> None:
    async with browser() as http, http.get(f"https://{NAME}/nowhere-to-be-found") as answer:
        assert answer.status == 404
    for name, kind in (("front", "backend"), ("left", "worker"), ("right", "worker")):
        shown = await asyncio.to_thread(site.admin, "logs", kind, "--machine", name, "--json")
        assert shown.status == 0 and "from the database" in shown.stderr, shown
        assert {json.loads(line)["machine"] for line in shown.stdout.splitlines()} == {name}


def test_a_machine_that_cannot_be_reached_is_told_and_left(site: ThreeMachines) -> None:
    site.switch.cut("right")
    try:
        away = site.admin("status")
        assert away.status == 4 and "machine right: cannot be reached" in away.stderr, away
    finally:
        site.switch.heal("right")
