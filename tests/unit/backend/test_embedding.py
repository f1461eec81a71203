"""Who is a page of another site that may have cells, and what answers it."""

import pytest

from sagews.backend.embedding import Embedding, answers, readable


@pytest.mark.parametrize(
    ("origin", "named", "every"),
    [
        ("https://book.example.org", True, True),
        ("HTTPS://Book.Example.org", True, True),
        ("https://book.example.org:8443", False, True),
        ("http://book.example.org", False, True),
        ("https://book.example.org.evil.example", False, True),
        ("null", False, False),
        ("", False, False),
        ("file://", False, False),
        ("https://a/b", False, False),
    ],
)
def test_origins(origin: str, named: bool, every: bool) -> None:
    assert Embedding(["https://book.example.org/"]).is_welcome(origin) is named
    assert Embedding(["*"]).is_welcome(origin) is every
    assert not Embedding().is_welcome(origin)


def test_what_a_policy_names() -> None:
    assert Embedding(["https://Book.example.org/"]).ancestors == ("https://book.example.org",)
    assert Embedding(["*"]).ancestors == ("*",) and Embedding().ancestors == ()


@pytest.mark.parametrize(
    ("route", "path", "answered"),
    [
        ("/ticket", "/ticket", True),
        ("/sockjs/{server}/{session}/xhr", "/sockjs/0/a/xhr", True),
        ("/api/v1/sessions/{session}", "/api/v1/sessions/a/files/b", False),
        ("/account", "/account", False),
        ("/", "/", False),
        ("", "/service", True),
        ("", "/api/v1/sessions/a/files/b/c", True),
        ("", "/api/v1/sessions/a/files/", True),
        ("", "/api/v1/sessions/a", False),
        ("", "/sockjsx", False),
        ("", "/ticket/", False),
    ],
)
def test_routes(route: str, path: str, answered: bool) -> None:
    assert answers(route, path) is answered


def test_credentials_are_a_word_for_sockjs_alone() -> None:
    assert "Access-Control-Allow-Credentials" not in readable("https://a.example", "/ticket")
    assert readable("https://a.example", "/sockjs/info")["Access-Control-Allow-Credentials"] == "true"
