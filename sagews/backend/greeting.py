"""How a connection comes to its rights: it has none until a hello with a ticket. Thinking only, no I/O."""

import dataclasses
from collections.abc import Mapping

import sagews
from sagews.backend.reader import Reader
from sagews.backend.sagecell.autoeval import evaluates_links
from sagews.backend.tickets import Tickets
from sagews.config.site import Site
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import encode
from sagews.protocol.json_requests import RefusedRequest

HELLO_DEADLINE = 10.0
"""Seconds that a new connection has to say hello."""
MAX_HELLO = 4096
"""Characters of a message that are looked at before that."""
WRONG_TICKET, NO_HELLO, SIGNED_OUT = 4401, 4408, 4403
"""Codes with which a connection without rights is closed, the last one when it loses them.

Of the range for private use (RFC 6455, 7.4.2).
"""
HEARTBEAT = 15.0
"""Seconds between heartbeats; who hears nothing for three of them connects anew."""


class Greeting:
    """The beginning of one connection."""

    def __init__(self, tickets: Tickets, reader: Reader) -> None:
        """Take the reader as the transport's first request shows them."""
        self._tickets = tickets
        self.reader = reader
        self.done = False
        """Whether the connection has its rights."""

    def check_size(self, text: str) -> None:
        """Refuse a message that is too large for a hello, unread, unless that has been said. Raises RefusedRequest."""
        if not self.done and len(text) > MAX_HELLO:
            raise _too_early("message")

    def check_kind(self, kind: str) -> None:
        """Refuse what comes before the hello, and a second one. Raises RefusedRequest."""
        if not self.done and kind != "hello":
            raise _too_early(f"message {kind!r}")
        if self.done and kind == "hello":
            raise RefusedRequest(
                pb.FAILURE_CODE_OUT_OF_ORDER, "was said already", "message 'hello'", "send what you want done"
            )

    def greet(self, hello: pb.Hello, sender: str | None) -> None:
        """Give the connection its rights; for `sender` see `outlet.Outlet`. Raises RefusedRequest: it ends."""
        if sender is None:
            what, hint = "is no good without a cookie", "keep the one that /sockjs sets with its first answer"
            raise RefusedRequest(pb.FAILURE_CODE_WRONG_TICKET, what, "ticket", hint)
        bearer = self._tickets.bearer(hello.ticket, sender)
        self.reader = dataclasses.replace(
            self.reader,
            origin=sender,
            subject=bearer.subject,
            login=bearer.login,
            login_expires=bearer.login_expires,
        )
        self.done = True


def welcome(site: Site, *, access: str, tier: str, languages: Mapping[str, list[str]]) -> str:
    """Return the answer to a hello: what is served here, to whom and how well it is isolated.

    `languages` are those of each environment, its own first.
    """
    return encode(
        {
            "kind": "welcome",
            "software": sagews.__version__,
            "environments": [environment.name for environment in site.environment],
            "languages": languages,
            "access": access,
            "tier": tier,
            "sagecell_environment": site.sagecell.environment,
            "evaluates_links": evaluates_links(site, tier),
            "heartbeat_seconds": HEARTBEAT,
        }
    )


def _too_early(noun: str) -> RefusedRequest:
    return RefusedRequest(
        pb.FAILURE_CODE_OUT_OF_ORDER, "comes before `hello`", noun, "say hello first, with a ticket of POST /ticket"
    )
