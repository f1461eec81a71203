"""The settings of memcached servers that the site starts itself."""

import msgspec


class Memcached(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[memcached]`: the memcached servers of `[[machine]]`. They ask nobody who he is: let no other machine
    than the site's reach them.
    """

    port: int = 11211
    """TCP port on which they listen."""
    memory: int = 64 << 20
    """Bytes of results that each keeps."""
    connections: int = 1024
    """Connections that each takes at once."""
    program: str = ""
    """Path of memcached. Empty: looked for where systems have it."""
