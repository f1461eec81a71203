"""Refusals that are counted: a flood of them is a few records."""

from pathlib import Path

from structlog.testing import capture_logs

from sagews.backend.accounts import tally as tallies
from sagews.backend.accounts.tally import Tally
from sagews.backend.reader import Reader
from sagews.config.database import Database as Settings
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


async def test_a_network_of_ipv6_is_one(tmp_path: Path) -> None:
    database = Database(Site(data_directory=str(tmp_path)))
    try:
        await database.migrate()
        audit = Audit(database)
        tally = Tally(audit)
        for number in range(1000):
            tally.add("a reason", Reader(f"2001:db8:1:{number:x}::{number:x}", ""))
        tally.add("a reason", Reader("2001:db8:2::1", ""))
        await tally.write()
        found = {each.act.address: each.act.data["times"] for each in await audit.find()}
        assert found == {"2001:db8:1::/48": 1000, "2001:db8:2::/48": 1}
        assert [each.act.data["times"] for each in await audit.find(about="2001:db8:1:77::5")] == [1000]
    finally:
        await database.close()


async def test_what_cannot_be_written_at_the_end_is_in_the_log() -> None:
    away = Settings(url="postgresql+asyncpg://sagews@127.0.0.1:1/sagews")
    database = Database(Site(database=away))
    try:
        tally = Tally(Audit(database))
        for number in range(30):
            tally.add("a reason", Reader(f"192.0.2.{number}", ""))
        tally.add("another", Reader("192.0.2.1", ""))
        with capture_logs() as said:
            await tally.stop()
        (line,) = [line for line in said if line["event"] == "refusals not written down"]
        assert line["log_level"] == "warning" and line["counts"] == {"a reason": 30, "another": 1}
        assert "192.0.2" not in repr(line)
    finally:
        await database.close()
