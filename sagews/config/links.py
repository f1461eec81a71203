"""The settings of links between machines: who shows what to whom."""

import msgspec


class Links(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[links]`: what backends and workers on different machines show each other.

    `sagews certificates` makes it all. Files that are left empty lie under `certificates/` in the data directory.
    A worker needs the authority, its certificate and key, and the token; a backend the same with its own certificate.
    """

    authority: str = ""
    """File of the site's own authority, which signed both certificates. Empty: `authority.pem`."""
    worker_certificate: str = ""
    """File of the certificate that a worker shows. Empty: `worker.pem`."""
    worker_key: str = ""
    """File of its key, which its owner alone may read. Empty: `worker-key.pem`."""
    backend_certificate: str = ""
    """File of the certificate that a backend shows. Empty: `backend.pem`."""
    backend_key: str = ""
    """File of its key, which its owner alone may read. Empty: `backend-key.pem`."""
    token: str = ""
    """File of the auth token, which its owner alone may read: one a line, the newest first. Empty: `token`."""


FILE_NAMES = {
    "authority": "authority.pem",
    "worker_certificate": "worker.pem",
    "worker_key": "worker-key.pem",
    "backend_certificate": "backend.pem",
    "backend_key": "backend-key.pem",
    "token": "token",
    "postgresql_certificate": "postgresql.pem",
    "postgresql_key": "postgresql-key.pem",
    "memcached_certificate": "memcached.pem",
    "memcached_key": "memcached-key.pem",
}
"""Where each file is that the settings leave empty, and those of servers, which they do not name."""
