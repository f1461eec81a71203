"""The settings of the PostgreSQL cluster that the site makes itself."""

import msgspec

OWNER = "sagews_owner"
"""The role that owns the tables, and brings them to what a version needs."""
BACKEND = "sagews_backend"
"""The role of backends."""
LOGWATCH = "sagews_logwatch"
"""The role of those who bring logs."""


class PostgreSQL(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[postgresql]`: the database server of one `[[machine]]`. Services of its own machine come over a Unix
    socket, and the system says who they are; those of other machines over TLS, with passwords that
    `sagews admin certificates` makes. An existing server is used by `[database] url`.
    """

    port: int = 5432
    """TCP port on which it listens for services of other machines, and which the name of its socket has."""
    memory: int = 256 << 20
    """Bytes that it may use for what it keeps in memory of its tables (`shared_buffers`)."""
    programs: str = ""
    """Directory of PostgreSQL's programs. Empty: looked for where systems have it, the newest version."""
