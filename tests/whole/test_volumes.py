"""The volumes of a site's machines are full for a while: nothing ends, and it is said which volume it is."""

import asyncio
import json

import pytest

from tests.processes import wait_until
from tests.whole.figures import within
from tests.whole.readers import Readers
from tests.whole.three_machines import ThreeMachines

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("name", ["front", "left"])
async def test_a_full_data_volume(site: ThreeMachines, name: str) -> None:
    """10 s after space is back all is well; whoever is to write there says which volume it is; no log is cut off."""
    machine, volume = site.machines[name], site.places.data
    services = ("backend1", "haproxy1") if name == "front" else ("worker1",)
    before = {service: site.pid(service) for service in services}
    async with Readers(4) as readers:
        machine.fill(volume)
        try:
            within(10, f"data volume of {name} is full", await readers.until_all_evaluate(20))
            site.write("[nginx]\nport = 8099\n")
            changed = await asyncio.to_thread(site.admin, "start")
            assert changed.status == 3, changed
            assert f"volume {volume}: no space is left" in changed.stderr, changed
        finally:
            machine.empty(volume)
            site.write()
        within(10, f"data volume of {name} has space again", await readers.until_all_evaluate(20))
        again = await asyncio.to_thread(site.admin, "start")
        assert again.status == 0, again
    assert not readers.lost and not readers.refusals
    assert {service: site.pid(service) for service in services} == before
    # What is logged from now on is whole, whatever became of what was logged meanwhile.
    word = f"whole-again-{name}"
    log = machine.root / str(site.places.logs / f"{services[0]}.log").lstrip("/")
    with log.open("a") as file:
        file.write(json.dumps({"event": word, "level": "info"}) + "\n")
    query = f"SELECT message FROM log_record WHERE message = '{word}'"  # our own word

    async def brought() -> bool:
        return len(await site.database.ask(query)) == 1

    async with asyncio.timeout(20):
        while not await brought():
            await asyncio.sleep(0.1)
    wait_until(lambda: log.read_text(errors="replace").endswith("\n"), 5, "the log ends with a whole line")
