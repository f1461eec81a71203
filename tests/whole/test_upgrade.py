"""A site on three machines is upgraded while it is used, one machine after the other, and goes back again."""

import asyncio
import time

import pytest

from sagews.admin.build import build
from tests.whole.figures import within
from tests.whole.keepers import Keepers
from tests.whole.network import Machine
from tests.whole.readers import Readers, knocking
from tests.whole.three_machines import LOGWATCHES, MACHINES, SERVICES, ThreeMachines
from tests.whole.versions import LATER, later_version

pytestmark = pytest.mark.timeout(600)
LONGEST = 240
"""Seconds of an upgrade."""
OURS = [name for name in (*SERVICES, *LOGWATCHES) if name.startswith(("backend", "worker", "logwatch"))]
"""Services that run from the build."""


async def test_an_upgrade_and_the_way_back_keep_sessions_or_tell_their_readers(site: ThreeMachines) -> None:
    """The database gets the later version's tables, and this version goes on with them; others' services stay."""
    later = await asyncio.to_thread(later_version, site.folder / "versions")
    for machine in site.machines.values():
        site.place(machine, later)
    before = {name: site.pid(name) for name in SERVICES if name not in OURS}
    try:
        await bring(site, later)
        assert {name: site.pid(name) for name in before} == before
        assert await site.database.ask("SELECT version_num FROM alembic_version") == [{"version_num": LATER}]
        again = await asyncio.to_thread(site.admin, "upgrade")
        assert again.status == 0 and "restarted" not in again.stdout, again
    finally:
        await bring(site, build())
    assert {name: site.pid(name) for name in before} == before


async def bring(site: ThreeMachines, wanted: str) -> None:
    """Bring the site to a build under load: nobody is refused, nothing is lost of which nobody is told."""
    site.choose(site.front, wanted)
    async with Readers(4) as readers, Keepers() as keepers, knocking("", pause=0.1) as knocks:
        begun = time.monotonic()
        upgraded = await asyncio.to_thread(site.admin, "upgrade", seconds=LONGEST)
        assert upgraded.status == 0, upgraded
        within(LONGEST, f"upgrade under load: to {wanted}", time.monotonic() - begun)
        within(15, "readers after an upgrade", await readers.until_all_evaluate(30))
        within(10, "database after an upgrade", await keepers.until_kept(1))
    # Whose worker restarts is told so; everybody else goes on.
    assert set(readers.ends) <= {"drained"} and not readers.refusals, (readers.ends, readers.refusals)
    assert set(knocks.answers) == {"200"} and set(keepers.answers) == {"201"}, (knocks, keepers.answers)
    steps = [upgraded.stdout.index(f"{name}: is up to date") for name in MACHINES]
    assert steps == sorted(steps)
    assert {name: running(site.where(name), site.pid(name)) for name in OURS} == dict.fromkeys(OURS, wanted)
    same = await asyncio.to_thread(site.admin, "check")
    assert same.status == 0, same


def running(machine: Machine, process: int) -> str:
    """Return the build from which a process runs."""
    return machine.processes()[process].partition("/versions/")[2].partition("/")[0]
