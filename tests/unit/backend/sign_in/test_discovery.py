"""What a provider says of itself: only its own word, and nothing that would have a secret told without TLS."""

from typing import Any

import msgspec
import pytest

from sagews.backend.sign_in.discovery import Discovery, address_of, checked
from sagews.backend.sign_in.refused import Refused, Why

ISSUER = "https://id.example.org"


def said(**changes: Any) -> Discovery:
    document = {
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example.org/authorize?tenant=1",
        "token_endpoint": "https://tokens.example.com/token",
        "jwks_uri": "https://id.example.org/keys",
        "userinfo_endpoint": "https://id.example.org/me",
        "claims_supported": ["sub"],
        **changes,
    }
    return msgspec.convert(document, Discovery)


@pytest.mark.parametrize(
    ("issuer", "address"),
    [
        ("https://id.example.org", "https://id.example.org/.well-known/openid-configuration"),
        ("https://id.example.org/", "https://id.example.org/.well-known/openid-configuration"),
        ("https://id.example.org/realms/a", "https://id.example.org/realms/a/.well-known/openid-configuration"),
    ],
)
def test_where_the_document_is(issuer: str, address: str) -> None:
    assert address_of(issuer) == address


def test_endpoints_may_be_on_other_hosts() -> None:
    assert checked(said(), ISSUER).token_endpoint == "https://tokens.example.com/token"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://id.example.org/"},
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://id.example.org/token"},
        {"token_endpoint": "http://127.0.0.1/token"},
        {"token_endpoint": "https://user:password@id.example.org/token"},
        {"token_endpoint": ""},
        {"token_endpoint": "/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://id.example.org/a\r\nSet-Cookie: b=c"},
        {"authorization_endpoint": "https://id.example.org/a#b"},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": "http://id.example.org/me"},
    ],
    ids=str,
)
def test_anything_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        checked(said(**changes), ISSUER)
    assert refused.value.why is Why.GARBAGE


def test_on_this_machine_it_may_be_without_tls_and_only_here() -> None:
    here = "http://127.0.0.1:9000"
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    local = {name: f"{here}/{name}" for name in names}
    assert checked(said(issuer=here, **local), here)
    with pytest.raises(Refused):
        checked(said(issuer=here, **{**local, "token_endpoint": "http://10.0.0.1/token"}), here)


@pytest.mark.parametrize(
    ("methods", "in_header"),
    [
        (None, True),
        (["client_secret_basic", "client_secret_post"], True),
        (["client_secret_post"], False),
        (["private_key_jwt", "client_secret_post"], False),
    ],
)
def test_how_a_secret_is_shown(methods: list[str] | None, in_header: bool) -> None:
    assert said(token_endpoint_auth_methods_supported=methods).secret_in_header is in_header


@pytest.mark.parametrize(
    ("told", "prompts"),
    [
        (None, None),
        (["none", "login"], ["none", "login"]),
        ([], []),
        ("login", None),
        (["login", 1], None),
        ({"login": True}, None),
        (7, None),
    ],
)
def test_prompts_are_a_list_of_words_or_not_told(told: Any, prompts: list[str] | None) -> None:
    assert checked(said(prompt_values_supported=told), ISSUER).prompts == prompts
