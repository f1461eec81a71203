"""The tables of accounts and of who is signed in, as queries know them; see `tables.py`.

Of a token, only its hash is kept (`token.py`). A name or an address is
text without control characters (`accounts.plain`).
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from sagews.database.tables import METADATA

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers the rows of an INTEGER alone."""


def _account() -> Column[str]:
    return Column("account", Text, ForeignKey("account.id", ondelete="CASCADE"), nullable=False)


ACCOUNT = Table(
    "account",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # In lower case; empty if there is none.
    Column("email", Text, nullable=False),
    # A provider that the site believes says that the address is this person's.
    Column("verified", Boolean, nullable=False),
    Column("operator", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    # NULL: it may sign in.
    Column("disabled", Double, nullable=True),
    # See `Appearance`.
    Column("appearance", Text, nullable=False, server_default="system"),
    # See `Language`; NULL: as the browser has it.
    Column("language", Text, nullable=True),
    Index("account_email", "email"),
    Index("account_created", "created"),
)

IDENTITY = Table(
    "identity",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    _account(),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("used", Double, nullable=False),
    Index("identity_account", "account"),
)

LOGIN = Table(
    "login",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    _account(),
    Column("created", Double, nullable=False),
    # To the minute.
    Column("used", Double, nullable=False),
    # Whatever happens.
    Column("expires", Double, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    # The provider, or `link`.
    Column("way", Text, nullable=False),
    # When somebody showed who they are; none, where a backend of the release before wrote it: `created`.
    Column("proved", Double),
    Index("login_hash", "hash", unique=True),
    Index("login_account", "account"),
    Index("login_expires", "expires"),
)

LOGIN_END = Table(
    "login_end",
    METADATA,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("login", Text, nullable=False),
    Index("login_end_time", "time"),
)

API_TOKEN = Table(
    "api_token",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    _account(),
    Column("name", Text, nullable=False),
    # Words with blanks between them.
    Column("scopes", Text, nullable=False),
    Column("created", Double, nullable=False),
    # To the minute; NULL: not yet.
    Column("used", Double, nullable=True),
    Column("expires", Double, nullable=False),
    Index("api_token_hash", "hash", unique=True),
    Index("api_token_account", "account"),
    Index("api_token_expires", "expires"),
)

SIGN_IN = Table(
    "sign_in",
    METADATA,
    # Of the state that goes to the provider and comes back.
    Column("hash", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("expires", Double, nullable=False),
    Index("sign_in_expires", "expires"),
)

SIGN_IN_LINK = Table(
    "sign_in_link",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    _account(),
    # Who has handed it out; see `audit`.
    Column("by", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("sign_in_link_expires", "expires"),
)

INVITATION = Table(
    "invitation",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    # Whom it is for; empty: whoever has it.
    Column("email", Text, nullable=False),
    Column("operator", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("invitation_expires", "expires"),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("what", Text, nullable=False),
    # Whose account it is about; it may be gone. Empty: nobody's that is known.
    Column("account", Text, nullable=False),
    # Who did it: an account, `operator` at a terminal, or empty: that person, or nobody who is known.
    Column("by", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Index("audit_time", "time"),
    Index("audit_account", "account", "time"),
    # For searches, which want the newest.
    Index("audit_by", "by", "id"),
    Index("audit_address", "address", "id"),
)

QUOTA = Table(
    "quota",
    METADATA,
    Column("account", Text, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    # NULL: that of the account's role; 0: none.
    Column("sessions", BigInteger, nullable=True),
    Column("evaluations", BigInteger, nullable=True),
    Column("wall_time", Double, nullable=True),
    Column("cpu_time", Double, nullable=True),
    Column("memory", BigInteger, nullable=True),
    Column("storage", BigInteger, nullable=True),
)

USAGE = Table(
    "usage",
    METADATA,
    # A name that only backends of the site can make out of an account or an address.
    Column("who", Text, primary_key=True),
    # Days since the epoch, in UTC.
    Column("day", Integer, primary_key=True),
    Column("evaluations", BigInteger, nullable=False),
    Index("usage_day", "day"),
)
