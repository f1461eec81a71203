"""Who runs the site: they alone see its status and its figures. Thinking only, no I/O."""

from sagews.backend.forwarded import Proxies
from sagews.config.site import Site
from sagews.service.loopback import is_loopback
from sagews.service.readers import Readers, readers

PATHS = frozenset({"/metrics", "/status", "/status.json"})
"""What is for operators."""
SORRY = (
    "Only those who run this site can see its status: from one of its machines, or from an address that the setting"
    " 'operators' names."
)


class Operators:
    """Says whether a request comes from somebody who runs the site.

    Where an access token is asked for, whoever has shown it does. A site that
    asks nobody knows them by where they come from: the machine itself, unless
    what brings strangers to it comes from there and does not say for whom.
    """

    def __init__(self, site: Site) -> None:
        """Raises ValueError for an operator that is neither an address nor a network."""
        self._asks_nobody = readers(site) is Readers.ANYBODY
        self._named = Proxies(site.operators)
        self._trusts_loopback = bool(site.backend.trusted_proxies) or not is_loopback(site.backend.host)

    def has(self, address: str) -> bool:
        """Whether somebody whom the doorkeeper has let in, and who comes from an IP address, is one of them."""
        if not self._asks_nobody or self._named.trusts(address):
            return True
        return self._trusts_loopback and is_loopback(address)
