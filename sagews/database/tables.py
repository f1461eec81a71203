"""The tables, as queries know them. They are made by the migrations alone, which a test compares with this.

Times are seconds since the epoch. Text that people write is bytes of UTF-8:
PostgreSQL's `text` refuses NUL.
"""

from sqlalchemy import Column, Double, Index, LargeBinary, MetaData, Table, Text

REVISION = "r0001"
"""The newest revision of `migrations/versions`: what this version of the software needs."""

METADATA = MetaData()

PERMALINK = Table(
    "permalink",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("code", LargeBinary, nullable=False),
    Column("language", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("interacts", LargeBinary, nullable=False),
    Column("created", Double, nullable=False),
    # NULL: it does not expire.
    Column("expires", Double, nullable=True),
    Index("permalink_expires", "expires"),
)
