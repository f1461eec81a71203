"""Programs that may ask `POST /service` by their address: `service_peers` of `[sagecell]`. Thinking only, no I/O."""

from aiohttp import web

from sagews.backend.forwarded import Proxies
from sagews.backend.reader import Reader, reader_of
from sagews.config.sagecell import SageCell

PATH = "/service"


class Programs:
    """Those that the site names; none, if it names none."""

    def __init__(self, settings: SageCell) -> None:
        self._peers = Proxies(settings.service_peers)
        self.are_named = bool(settings.service_peers)
        """Whether nobody else may ask, but who shows an API token."""

    def have(self, reader: Reader) -> bool:
        """Return whether somebody asks from one of their addresses."""
        return self.are_named and self._peers.trusts(reader.address)

    def let_in(self, request: web.Request) -> bool:
        """Return whether a request needs neither the site's access token nor a login: it is what they are named for."""
        return request.path == PATH and request.method == "POST" and self.have(reader_of(request))
