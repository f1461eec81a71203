"""What a provider of OpenID Connect says of itself. Thinking only, no I/O.

Sources: OpenID Connect Discovery 1.0, 3 and 4; RFC 9207, 3.
"""

from typing import Any

import msgspec

from sagews.backend.sign_in.refused import Refused, Why
from sagews.config.provider import is_endpoint, is_local

PATH = "/.well-known/openid-configuration"
BASIC, POST = "client_secret_basic", "client_secret_post"


class Discovery(msgspec.Struct, frozen=True):
    """The document, as far as it is of use here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: list[str] | None = None
    prompt_values_supported: Any = None
    authorization_response_iss_parameter_supported: bool = False

    @property
    def prompts(self) -> list[str] | None:
        """What it takes as a prompt; None where it does not say so, or in no list, which is no fault."""
        said = self.prompt_values_supported
        return said if isinstance(said, list) and all(isinstance(each, str) for each in said) else None

    @property
    def secret_in_header(self) -> bool:
        """Whether a client shows its secret in the header, as is usual, and not in the form."""
        methods = self.token_endpoint_auth_methods_supported
        return methods is None or BASIC in methods or POST not in methods


def address_of(issuer: str) -> str:
    """Return where an issuer has its document."""
    return issuer.removesuffix("/") + PATH


def checked(said: Discovery, issuer: str) -> Discovery:
    """Return the document of an issuer. Raises Refused for another's, or if it would have secrets told without TLS."""
    if said.issuer != issuer:
        raise Refused(Why.GARBAGE, "the provider calls itself by another issuer than 'provider.issuer'")
    endpoints = [said.authorization_endpoint, said.token_endpoint, said.jwks_uri]
    if said.userinfo_endpoint:
        endpoints.append(said.userinfo_endpoint)
    if not all(is_endpoint(endpoint, local=is_local(issuer)) for endpoint in endpoints):
        raise Refused(Why.GARBAGE, "the provider names an endpoint that is no https address")
    return said
