"""The settings of the cache of results."""

import msgspec


class Cache(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[cache]`: which results of stateless evaluations are kept, where, and for how long."""

    memory: int = 64 << 20
    """Bytes of results that each backend keeps in its own memory. 0: none."""
    memcached: list[str] = []
    """`HOST:PORT` of memcached servers that the site's backends share. They ask nobody who he is: let no other machine
    reach them."""
    memcached_tls: list[str] = []
    """The same, of servers that speak TLS and ask for a certificate: a backend shows that of `[links]`, and theirs must
    be signed by the same authority, for their host."""
    seconds: float = 2_592_000.0
    """Seconds for which a result is kept. 0: as long as there is room."""
    max_value: int = 1_000_000
    """Bytes of one result, compressed; a larger one is not kept. memcached itself takes a little less than 1 MiB,
    unless it was started with `-I`."""
