"""What a provider is to a sign-in, whatever its kind. Thinking only, no I/O."""

from collections.abc import Mapping
from typing import Any, Protocol

from sagews.backend.sign_in.flow import Flow
from sagews.database.registration import Claims

LONGEST_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core 1.0, section 2)."""
LONGEST_TEXT = 320
"""Characters of a name or an e-mail address: 64 before and 255 after the @ (RFC 5321, 4.5.3.1)."""


class Provider(Protocol):
    """Somebody who says who a person is."""

    name: str
    label: str
    """How people know it."""

    async def begin(self, flow: Flow, state: str) -> str:
        """Return the address to which the browser goes. Raises Refused."""

    async def check_issuer(self, issuer: str | None) -> None:
        """Refuse an answer that is another provider's, by the issuer that it names or does not name (RFC 9207)."""

    async def finish(self, flow: Flow, code: str) -> Claims:
        """Return who has come back with a code. Raises Refused."""


def is_subject(said: object) -> bool:
    """Whether this is a subject: visible ASCII, as the standard wants it."""
    return isinstance(said, str) and 1 <= len(said) <= LONGEST_SUBJECT and said.isascii() and said.isprintable()


def text_of(said: object) -> str:
    """Return a text that a provider gives as a name or an address; empty for what is none."""
    if not isinstance(said, str) or len(said) > LONGEST_TEXT:
        return ""
    return "".join(character for character in said if character.isprintable()).strip()


def name_of(said: Mapping[str, Any]) -> str:
    """Return what somebody is called, of the claims that say so; empty if none does."""
    return text_of(said.get("name")) or text_of(said.get("preferred_username"))


def address_of(said: object) -> str:
    """Return an e-mail address that a provider gives; empty for what is none."""
    text = text_of(said)
    local, at, domain = text.rpartition("@")
    return text if at and local and domain and not set(text) & set(' \t"<>(),:;[]\\') and text == said else ""
