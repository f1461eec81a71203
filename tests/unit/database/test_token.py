"""What is in a new database, and what is in it of secrets, on both databases."""

import base64

from sqlalchemy import func, select

from sagews.config.accounts import Accounts as Rules
from sagews.database.account_tables import ACCOUNT, API_TOKEN, INVITATION, LOGIN, SIGN_IN_LINK
from sagews.database.accounts import Account, Accounts, new_id
from sagews.database.api_tokens import PREFIX, APITokens, Scope
from sagews.database.audit import Act
from sagews.database.database import Database
from sagews.database.entries import Entered, Entries, Visitor
from sagews.database.invitations import Invitations
from sagews.database.logins import Logins
from sagews.database.registration import Claims
from sagews.database.tables import METADATA
from sagews.database.token import BYTES, hash_of, new_token

ACT = Act("made", by="operator")


async def test_a_new_database_has_no_account_and_no_way_in(database: Database) -> None:
    for table in (ACCOUNT, LOGIN, API_TOKEN, INVITATION, SIGN_IN_LINK):
        count = select(func.count()).select_from(table)
        assert await database.run(lambda connection, count=count: connection.scalar(count)) == 0, table.name  # type: ignore[misc]
    assert await Accounts(database).find() == []


async def test_the_database_has_nothing_but_hashes_of_what_lets_somebody_in(database: Database) -> None:
    logins = Logins(database, idle=3600, life=3600)
    entered = await Entries(database, logins, Rules()).by_provider(Claims("google", "1815"), Visitor())
    assert isinstance(entered, Entered)
    invitations, account = Invitations(database), entered.account.id
    api_token = await APITokens(database).make(account, "a program", [Scope.EVALUATE], 3600.0, ACT)
    assert api_token is not None
    tokens = {
        LOGIN: entered.token,
        API_TOKEN: api_token,
        INVITATION: await invitations.invite(ACT, email="", operator=False),
        SIGN_IN_LINK: await invitations.link(account, ACT),
    }
    rows = {
        table: await database.run(lambda connection, table=table: connection.execute(table.select()))  # type: ignore[misc]
        for table in METADATA.sorted_tables
    }
    kept = {table: [dict(row._mapping) for row in found] for table, found in rows.items()}
    everything = repr(list(kept.values()))
    for table, token in tokens.items():
        random = token.removeprefix(PREFIX)
        assert [bytes(row["hash"]) for row in kept[table]] == [hash_of(token)], table.name
        assert random not in everything and repr(base64.urlsafe_b64decode(random + "="))[2:-1] not in everything


def test_tokens_have_256_random_bits() -> None:
    tokens = [new_token(PREFIX).removeprefix(PREFIX) for _ in range(2000)]
    values = [int.from_bytes(base64.urlsafe_b64decode(token + "=")) for token in tokens]
    assert BYTES == 32 and {len(token) for token in tokens} == {43} and len(set(values)) == len(values)
    # Each bit is set in about half of them: 200 off is nine times the standard deviation.
    for bit in range(256):
        assert abs(sum(value >> bit & 1 for value in values) - 1000) < 200, bit


async def test_ids_of_accounts_tell_nothing_and_are_each_its_own(database: Database) -> None:
    found = [Account(new_id(), "Ada") for _ in range(100)]
    for account in found:
        await Accounts(database).add(account, ACT)
    assert len({account.id for account in found}) == 100 and not any("Ada" in account.id for account in found)
