"""The machines of a site, and which services run on each."""

import msgspec

KINDS = ("postgresql", "memcached", "worker", "backend", "nginx", "haproxy", "stunnel", "logwatch")
"""Every kind of service, in the order in which they start."""
NAMED = tuple(kind for kind in KINDS if kind != "logwatch")
"""Kinds that `services` may name; a logwatch runs on each machine of a site whose database is PostgreSQL."""


class Machine(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[[machine]]`: one machine of the site, for `sagews admin`. None at all: this one, with a backend and a
    worker.
    """

    name: str
    """The machine's name: lower-case letters, digits and hyphens."""
    address: str = "127.0.0.1"
    """Name or IP address by which the site's other machines reach it."""
    ssh: str = ""
    """How OpenSSH reaches it: a `Host` of the user's configuration, or `USER@HOST`. Empty: it is the machine on which
    `sagews admin` runs."""
    program: str = "sagews"
    """Where the command `sagews` is on it."""
    services: dict[str, int] = {}
    """Which services run on it, and how many of each: `{ haproxy = 1, backend = 2, worker = 1, memcached = 1 }`."""
    data_directory: str = ""
    """Its data directory. Empty: as for the site."""
    runtime_directory: str = ""
    """Its runtime directory. Empty: as for the site."""


LONE = Machine(name="", services={"worker": 1, "backend": 1})
"""The machine of a site that names none."""
