"""Quotas of single accounts, and what is used on a day, in both databases."""

import asyncio

from sqlalchemy import text

from sagews.database.accounts import Account, Accounts
from sagews.database.audit import Act, Audit
from sagews.database.database import Database
from sagews.database.quotas import OwnQuotas
from sagews.database.usage import Usage, today

CHANGED = Act("quotas changed", "a")


async def test_an_account_has_quotas_of_its_own_and_each_change_is_written_down(database: Database) -> None:
    accounts, quotas = Accounts(database), OwnQuotas(database)
    assert await quotas.of("a") is None
    assert not await quotas.put("a", {"sessions": 1}, CHANGED)
    await accounts.add(Account("a", operator=True), Act("added", "a"))
    own = await quotas.of("a")
    assert own is not None and own.operator and own.values == {}
    for values in ({"sessions": 0, "wall_time": 1.5}, {"evaluations": 10**9, "memory": 1 << 60}, {}):
        assert await quotas.put("a", values, CHANGED)
        own = await quotas.of("a")
        assert own is not None and own.values == values
    assert [record.act.what for record in await Audit(database).find(about="a")] == ["quotas changed"] * 3 + ["added"]
    await quotas.put("a", {"sessions": 1}, CHANGED)
    assert await accounts.remove("a", Act("deleted", "a"))
    assert await database.run(lambda connection: connection.scalar(text("SELECT count(*) FROM quota"))) == 0


async def test_of_many_at_once_as_many_count_as_may(database: Database) -> None:
    usage, day = Usage(database), today()
    counted = await asyncio.gather(*(usage.count("somebody", day, 10) for _ in range(25)))
    assert sorted(count for count in counted if count is not None) == list(range(1, 11))
    assert counted.count(None) == 15
    assert await usage.of("somebody", day) == 10
    # A quota that was raised, and one that was lowered.
    assert await usage.count("somebody", day, 11) == 11
    assert await usage.count("somebody", day, 5) is None
    assert await usage.of("somebody", day) == 11


async def test_each_day_and_each_person_counts_anew_and_old_days_go(database: Database) -> None:
    usage, day = Usage(database), today()
    for who, when in (("a", day), ("b", day), ("a", day - 1), ("a", day - 2), ("a", day - 9), ("a", day + 1)):
        assert await usage.count(who, when, 1) == 1
        assert await usage.count(who, when, 1) is None
    assert await usage.sweep() == 2
    assert await usage.sweep() == 0
    assert [await usage.of("a", when) for when in (day - 9, day - 2, day - 1, day, day + 1)] == [0, 0, 1, 1, 1]


async def test_what_is_given_back_may_be_had_again_and_no_more(database: Database) -> None:
    usage, day = Usage(database), today()
    for _ in range(2):
        await usage.give_back("a", day)
        assert await usage.of("a", day) == 0
        assert await usage.count("a", day, 1) == 1
        assert await usage.count("b", day, 1) in (1, None)
        await usage.give_back("a", day)
    assert [await usage.of(who, day) for who in "ab"] == [0, 1]
