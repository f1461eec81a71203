"""The table of the audit: every sign-in, refusal and change of rights, one record each."""

import ipaddress
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database.account_tables import AUDIT
from sagews.database.database import Database

PAGE = 100
"""Records that a search gives at once."""
BATCH = 500
"""Rows that one transaction deletes."""
AGAIN = 60.0
"""Seconds in which what strangers try again from one address is written down once."""
NETWORK = 48
"""Bits of an IPv6 address that tell strangers apart: what one place is given at most (RFC 6177)."""
TERMINAL = "operator"
"""By whom it was done that was done with `sagews admin`."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was done, or tried."""

    what: str
    """Of a few words: `signed in`, `refused`, `disabled`."""
    account: str = ""
    """Whose account it is about; empty if nobody's that is known."""
    by: str = ""
    """Who did it: an account, or TERMINAL; empty: that person, or nobody who is known."""
    address: str = ""
    """IP address from which it came; of what a stranger tried, its network, see `network_of`."""
    data: Mapping[str, str | float | bool] = field(default_factory=dict)
    """What more there is to know; never a secret."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was kept."""

    id: int
    time: float
    act: Act


class Audit:
    """The audit of a site. Everything raises ServiceError while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, act: Act) -> None:
        """Keep a record of what changes nothing else."""
        await self._database.run(lambda connection: write(connection, act))

    async def find(
        self, *, about: str = "", what: str = "", before: int | None = None, limit: int = PAGE
    ) -> list[Record]:
        """Return records, the newest first: of an account or an address, of a kind, before the one of a number.

        An account's are those about it, and those of what it did; an address's are also those of its network.
        """
        wanted = query(about, what, before).limit(limit)

        async def find(connection: AsyncConnection) -> list[Record]:
            return [
                Record(row.id, row.time, Act(row.what, row.account, row.by, row.address, row.data))
                for row in await connection.execute(wanted)
            ]

        return await self._database.run(find)

    async def sweep(self, days: float) -> int:
        """Delete a batch of those that are older; return how many it were."""
        batch = select(AUDIT.c.id).where(AUDIT.c.time < time.time() - days * 86400).limit(BATCH)

        async def sweep(connection: AsyncConnection) -> int:
            return (await connection.execute(delete(AUDIT).where(AUDIT.c.id.in_(batch)))).rowcount

        return await self._database.run(sweep)


def query(about: str, what: str = "", before: int | None = None) -> Select[Any]:
    """Return the query of a search, the newest first; see `Audit.find`."""
    wanted = select(AUDIT).order_by(AUDIT.c.id.desc())
    if about:
        # Each part has an index, and what is no address is searched for as none: a part without one would have the
        # whole table read.
        addresses = _written_as(about)
        account = or_(AUDIT.c.account == about, AUDIT.c.by == about)
        wanted = wanted.where(AUDIT.c.address.in_(addresses) if addresses else account)
    if what:
        wanted = wanted.where(AUDIT.c.what == what)
    if before is not None:
        wanted = wanted.where(AUDIT.c.id < before)
    return wanted


async def write(connection: AsyncConnection, act: Act) -> None:
    """Keep a record, within the transaction that does what it tells of."""
    values: dict[str, Any] = {
        "time": time.time(),
        "what": act.what,
        "account": act.account,
        "by": act.by,
        "address": act.address,
        "data": dict(act.data),
    }
    await connection.execute(insert(AUDIT).values(values))


async def is_known(connection: AsyncConnection, act: Act) -> bool:
    """Whether the same was tried from the same address in the last minute: strangers do not fill the table.

    `act.address` is a network, as such records have it.
    """
    wanted = (
        select(AUDIT.c.id)
        .where(AUDIT.c.time > time.time() - AGAIN, AUDIT.c.what == act.what, AUDIT.c.address == act.address)
        .where(AUDIT.c.account == "", AUDIT.c.data["why"].as_string() == act.data["why"])
        .limit(1)
    )
    return await connection.scalar(wanted) is not None


def network_of(address: str) -> str:
    """Return what a stranger has who can choose among addresses: of IPv6 a network, otherwise the address itself."""
    if (found := _address(address)) is None:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.IPv6Network((int(found), NETWORK), strict=False))


def _written_as(about: str) -> set[str]:
    """Return what records may have in the place of an address; nothing for what is none, such as an account's id."""
    with suppress(ValueError):
        if "/" in about:
            return {about, str(ipaddress.ip_network(about))}
    found = _address(about)
    return set() if found is None else {about, str(found), network_of(about)}


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address, without its interface; one of IPv4 in the form of IPv6 as that; None for what is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
