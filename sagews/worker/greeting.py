"""What a link must show before it is served, and what the log says of it. Thinking only, no I/O."""

from dataclasses import dataclass

from sagews.errors import ProtocolError
from sagews.protocol import MAX_NAME, VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.service.link_token import LinkToken


class NotAdmittedError(ProtocolError):
    """The peer has not shown that it belongs to the site: it is told nothing."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """A Hello that was accepted."""

    role: pb.LinkRole
    backend: str
    """What the backend calls itself, for the log."""


def greet(request: pb.Request, token: LinkToken | None) -> Greeting:
    """Return what the first request of a link says; `token` is asked for unless the kernel named the peer.

    Raises NotAdmittedError if it shows no token of the site, ProtocolError if
    it is no Hello that this worker understands.
    """
    hello = request.hello
    if token is not None and not token.admits(hello.token):
        raise NotAdmittedError("shows no token of this site" if hello.token else "shows no token", "backend")
    if request.WhichOneof("kind") != "hello":
        raise ProtocolError("comes before Hello", "request")
    if hello.version != VERSION:
        raise ProtocolError(f"speaks version {hello.version}, this worker {VERSION}", "backend")
    if hello.role not in (pb.LINK_ROLE_SESSION, pb.LINK_ROLE_CONTROL):
        raise ProtocolError(f"has role {hello.role}, which is not known", "backend")
    return Greeting(hello.role, hello.backend[:MAX_NAME])
