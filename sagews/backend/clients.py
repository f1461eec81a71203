"""Who sends a request, and by which scheme: the connection's own address, or what trusted proxies say of it."""

from aiohttp import web

from sagews.backend.forwarded import Proxies, find_client, usual
from sagews.backend.http import HTTP
from sagews.backend.origin import Refused
from sagews.backend.reader import READER, Reader
from sagews.config.backend import Backend


class Clients:
    """Finds the client of every request."""

    def __init__(self, backend: Backend) -> None:
        self._proxies = Proxies(backend.trusted_proxies)
        self._https = backend.https

    def find(self, request: web.Request) -> Refused | None:
        """Leave the reader with the request; return why it is refused, if what proxies say of them cannot be read."""
        address, secure, refused = usual(request.remote or ""), self._https, None
        header = request.protocol.header if isinstance(request.protocol, HTTP) else None
        # A proxy that speaks for itself, or does not know the client, vouches for nothing that the request says.
        if header is None or header.address:
            values = (
                request.headers.getall(name, []) for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto")
            )
            try:
                client = find_client(address, self._proxies, *values)
                address = client.address
                secure = secure or client.scheme == "https"
            except ValueError as error:
                refused = Refused(400, str(error))
        if header is not None:
            secure = secure or header.secure
        request[READER] = Reader(address=address, origin=request.headers.get("Origin", ""), secure=secure)
        return refused
