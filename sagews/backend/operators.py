"""Who runs the site: they alone see its status and its figures. Thinking only, no I/O."""

from sagews.backend.forwarded import Proxies
from sagews.backend.reader import Reader
from sagews.config.site import Site
from sagews.service.loopback import is_loopback
from sagews.service.readers import Readers, readers

PATHS = frozenset({"/metrics", "/status", "/status.json"})
"""What is for operators."""
SORRY = (
    "Only those who run this site can see its status: from one of its machines, from an address that the setting"
    " 'operators' names, or signed in as an operator."
)


class Operators:
    """Says whether a request comes from somebody who runs the site.

    An account may say so. Where an access token is asked for, whoever has shown it does. A site that
    asks nobody knows them by where they come from: the machine itself, unless
    what brings strangers to it comes from there and does not say for whom.
    """

    def __init__(self, site: Site) -> None:
        """Raises ValueError for an operator that is neither an address nor a network."""
        self._asks_nobody = readers(site) is Readers.ANYBODY
        self._named = Proxies(site.operators)
        self._trusts_loopback = bool(site.backend.trusted_proxies) or not is_loopback(site.backend.host)

    def has(self, reader: Reader) -> bool:
        """Whether somebody whom the doorkeeper has let in is one of them."""
        if reader.operator or self._named.trusts(reader.address):
            return True
        if not self._asks_nobody:
            return not reader.account
        return self._trusts_loopback and is_loopback(reader.address)
