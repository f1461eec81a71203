"""Where each service has a role of its own in PostgreSQL, no table is forgotten."""

import sagews.database.account_tables  # they are among the tables
import sagews.database.publication_tables  # and these
import sagews.database.worksheet_tables  # and these
import sagews.database.workspace_tables  # noqa: F401  # and so are they
from sagews.database.rights import RIGHTS
from sagews.database.tables import METADATA


def test_somebody_may_use_each_table() -> None:
    named = {right.rsplit(" ", 1)[1] for rights in RIGHTS.values() for right in rights}
    assert METADATA.tables.keys() - named == set()
