"""The settings of memcached servers that the site starts itself."""

import msgspec


class Memcached(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[memcached]`: the memcached servers of `[[machine]]`. One that only backends of its own machine use
    listens on loopback, and asks nobody who he is; another one has TLS, and lets in whoever shows the certificate of a
    backend.
    """

    port: int = 11211
    """TCP port on which they listen."""
    memory: int = 64 << 20
    """Bytes of results that each keeps."""
    connections: int = 1024
    """Connections that each takes at once."""
    program: str = ""
    """Path of memcached. Empty: looked for where systems have it."""
