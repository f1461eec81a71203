"""The settings of nginx, which serves a site's files between its balancers and its backends."""

import msgspec


class Nginx(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[nginx]`: the nginx servers of `[[machine]]`. They serve the files of the client from disk, and keep for a
    while what backends say is for everybody. Balancers alone ask them.
    """

    port: int = 8180
    """TCP port on which each listens."""
    cache: int = 256 << 20
    """Bytes of backends' answers that each keeps on disk."""
    connections: int = 4096
    """Connections that each of its processes takes at once."""
    program: str = ""
    """Path of nginx. Empty: looked for where systems have it."""
