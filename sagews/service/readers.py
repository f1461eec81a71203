"""Who can have code run by a site: what its sessions may do by default, and how well they must be isolated, rest on it.

A site that listens on loopback asks for no token. That is its owner alone,
unless it has names of its own or proxies: then something in front of it, a
proxy or a tunnel, brings others to it. One that is public asks nobody.
"""

import enum

from sagews.config.site import Site
from sagews.service.loopback import is_loopback


class Readers(enum.StrEnum):
    """Whoever may open sessions."""

    OWNER = "owner"
    """Whoever works at this machine, which is its own user's."""
    TOKEN = "token"  # noqa: S105  # a word, no secret
    """Whoever was given the access token."""
    ANYBODY = "anybody"
    """Whoever comes."""


def readers(site: Site) -> Readers:
    """Return who can have code run by a site of this machine whose backend is configured so."""
    if site.backend.public:
        return Readers.ANYBODY
    if not is_loopback(site.backend.host):
        return Readers.TOKEN
    return Readers.ANYBODY if site.backend.hosts or site.backend.trusted_proxies else Readers.OWNER
