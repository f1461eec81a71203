"""Searches of the audit: each finds what it should in both databases, and reads what it needs and no more."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Select, insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.account_tables import AUDIT
from sagews.database.audit import Act, Audit, query
from sagews.database.database import Database

MANY = 5_000


async def fill(connection: AsyncConnection) -> None:
    """Write what many people did, each a few times, from addresses of their own."""
    rows = [
        {
            "time": float(number),
            "what": "signed in",
            "account": f"account-{number % 997}",
            "by": f"operator-{number % 499}",
            "address": f"10.{number % 7}.{number % 251}.{number % 241}",
            "data": {},
        }
        for number in range(MANY)
    ]
    await connection.execute(insert(AUDIT), rows)
    await connection.execute(text("ANALYZE"))


async def plan(connection: AsyncConnection, wanted: Select[Any]) -> str:
    """Return how the database would find it, in its own words."""
    is_file = connection.dialect.name == "sqlite"
    dialect = sqlite.dialect() if is_file else postgresql.dialect()  # type: ignore[no-untyped-call]
    said = wanted.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    lines = await connection.exec_driver_sql(f"{'EXPLAIN QUERY PLAN' if is_file else 'EXPLAIN'} {said}")
    return "\n".join(str(line[-1]) for line in lines)


@pytest.mark.parametrize(
    ("about", "indexes"),
    [
        ("10.3.77.5", {"audit_address"}),
        ("2001:db8::7", {"audit_address"}),
        ("2001:db8::/48", {"audit_address"}),
        ("account-7", {"audit_account", "audit_by"}),
    ],
)
async def test_a_search_reads_no_more_than_it_needs(database: Database, about: str, indexes: set[str]) -> None:
    async with asyncio.timeout(30):
        await database.run(fill)
        for wanted in (query(about), query(about, "signed in"), query(about, before=MANY // 2)):
            told = await database.run(lambda connection, wanted=wanted: plan(connection, wanted.limit(100)))  # type: ignore[misc]
            assert all(index in told for index in indexes), told
            assert "SCAN audit" not in told and "Seq Scan" not in told, told


async def test_what_is_found_is_of_whom_it_was_searched_for(database: Database) -> None:
    audit = Audit(database)
    acts = [
        Act("signed in", "ada", address="192.0.2.7"),
        Act("disabled", "eve", "ada", "192.0.2.8"),
        Act("signed in", "eve", address="2001:db8:1::7"),
        Act("refused", address="2001:db8:1::/48"),
    ]
    async with asyncio.timeout(30):
        for act in acts:
            await audit.add(act)
        for about, numbers in {
            "ada": [1, 0],
            "eve": [2, 1],
            "192.0.2.7": [0],
            "::ffff:192.0.2.7": [0],
            "2001:DB8:1::7": [3, 2],
            "2001:db8:1::/48": [3],
            "2001:DB8:1:0::/48": [3],
            "192.0.2.9": [],
            "nobody": [],
            "10.0.0.0/99": [],
            "/": [],
        }.items():
            assert [record.act for record in await audit.find(about=about)] == [acts[each] for each in numbers], about
