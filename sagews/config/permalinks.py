"""The settings of permalinks."""

import msgspec


class Permalinks(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[permalinks]`: short links, whose code is kept in the database."""

    expire_days: float = 0.0
    """Days after which a permalink that is made now leads nowhere and its code is deleted. 0: never."""
    max_bytes: int = 262_144
    """Bytes of the code of one permalink, and of what it keeps of its interacts, together."""
