"""Refusals that are counted: a flood of them is a few records."""

from pathlib import Path

from sagews.backend.accounts import tally as tallies
from sagews.backend.accounts.tally import Tally
from sagews.backend.reader import Reader
from sagews.config.site import Site
from sagews.database.audit import Audit
from sagews.database.database import Database


async def test_a_flood_is_a_few_records(tmp_path: Path) -> None:
    database = Database(Site(data_directory=str(tmp_path)))
    try:
        await database.migrate()
        audit = Audit(database)
        tally = Tally(audit)
        for number in range(50_000):
            tally.add("a reason", Reader(f"10.0.{number // 100 % 256}.{number % 100}", ""))
        await tally.write()
        await tally.write()
        found = await audit.find(limit=1000)
        assert len(found) == tallies.MOST + 1
        assert sum(float(each.act.data["times"]) for each in found) == 50_000
        # All others are one.
        assert [each.act.data["times"] for each in found if not each.act.address] != []
        tally.add("a reason", Reader("10.0.0.1", ""))
        await tally.write()
        assert len(await audit.find(limit=1000)) == tallies.MOST + 1, "not within a minute"
        await tally.stop()
        assert len(await audit.find(limit=1000)) == tallies.MOST + 2, "but it is not lost"
    finally:
        await database.close()
