"""The settings of the site's database."""

import msgspec


class Database(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[database]`: where the site keeps what outlives its services."""

    url: str = ""
    """`postgresql+asyncpg://USER@HOST:PORT/NAME` of a PostgreSQL database, without a password; for a socket,
    `postgresql+asyncpg://USER@/NAME?host=/run/postgresql`. Empty: the file `sagews.sqlite` in the data directory."""
    password_file: str = ""
    """File of the database's password, which its owner alone may read. Empty: the environment variable
    `SAGEWS_DATABASE_PASSWORD`, if there is one."""
    authority: str = ""
    """File of the authority that has signed PostgreSQL's certificate. With it, every connection has TLS, and the
    certificate must be of the host that `url` names. Empty: as `url` says."""
    connections: int = 5
    """Connections to PostgreSQL that each backend has at most for its work; on one more it listens."""
