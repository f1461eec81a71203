"""The tables, as queries know them. They are made by the migrations alone, which a test compares with this.

Times are seconds since the epoch. Text that people write is bytes of UTF-8:
PostgreSQL's `text` refuses NUL.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

REVISION = "r0020"
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

LOG_POSITION = Table(
    "log_position",
    METADATA,
    Column("file", BigInteger, primary_key=True, autoincrement=True),
    Column("machine", Text, nullable=False),
    Column("service", Text, nullable=False),
    # Of the file, when it was last seen; so is `size`.
    Column("name", Text, nullable=False),
    Column("device", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),
    # Everything before it is in `log_record` or `log_gap`.
    Column("offset", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("tail", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    # The file is gone, or holds something else now.
    Column("done", Boolean, nullable=False),
    Column("seen", Double, nullable=False),
    Index("log_position_identity", "machine", "device", "inode", "generation", unique=True),
)

LOG_RECORD = Table(
    "log_record",
    METADATA,
    # On which the record came, by the clock of the database.
    Column("day", Date, primary_key=True),
    Column("file", BigInteger, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("machine", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("level", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("data", JSON().with_variant(JSONB(), "postgresql"), nullable=True),
    # Bytes that were left out.
    Column("cut", BigInteger, nullable=False),
    Index("log_record_time", "time"),
    postgresql_partition_by="RANGE (day)",
)

LOG_GAP = Table(
    "log_gap",
    METADATA,
    Column("file", BigInteger, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("machine", Text, nullable=False),
    Column("service", Text, nullable=False),
    # NULL: nobody knows how much.
    Column("size", BigInteger, nullable=True),
    Column("reason", Text, nullable=False),
    Column("time", Double, nullable=False),
)
