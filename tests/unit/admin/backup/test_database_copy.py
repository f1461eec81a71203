"""How PostgreSQL's own programs are told of a site's database."""

import pytest

from sagews.admin.backup.database_copy import libpq
from sagews.config.database import Database
from sagews.config.site import Site

URL = "postgresql+asyncpg://u@db.example.org:5433/math"


@pytest.mark.parametrize(
    ("database", "wanted"),
    [
        (Database(url=URL), {"PGHOST": "db.example.org", "PGPORT": "5433", "PGUSER": "u", "PGDATABASE": "math"}),
        (Database(url=f"{URL}?ssl=verify-full"), {"PGSSLMODE": "verify-full"}),
        (Database(url=URL, authority="/a.pem"), {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/a.pem"}),
        (Database(url="postgresql+asyncpg://u@/x?host=/run/p&port=5"), {"PGHOST": "/run/p", "PGPORT": "5"}),
    ],
)
def test_they_trust_it_as_services_do(database: Database, wanted: dict[str, str]) -> None:
    found = libpq(Site(database=database), "secret")
    assert found.items() >= wanted.items() and found["PGPASSWORD"] == "secret"
    assert ("PGSSLMODE" in found) == ("PGSSLMODE" in wanted)
