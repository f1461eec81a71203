"""Who sees the status of a site."""

import pytest

from sagews.backend.operators import Operators
from sagews.backend.reader import Reader
from sagews.config.load import parse


@pytest.mark.parametrize(
    ("settings", "address", "is_one"),
    [
        ("", "127.0.0.1", True),
        # Whoever has shown the token.
        ("[backend]\nhost = '0.0.0.0'", "203.0.113.9", True),
        ("[backend]\nhost = '0.0.0.0'\npublic = true", "203.0.113.9", False),
        ("[backend]\nhost = '0.0.0.0'\npublic = true", "127.0.0.1", True),
        ("operators = ['203.0.113.0/24']\n[backend]\npublic = true", "203.0.113.9", True),
        ("operators = ['203.0.113.0/24']\n[backend]\npublic = true", "::ffff:198.51.100.1", False),
        # Behind a proxy that says for whom it asks, and behind a tunnel that does not.
        ("[backend]\nhosts = ['a.example']\ntrusted_proxies = ['127.0.0.1']", "203.0.113.9", False),
        ("[backend]\nhosts = ['a.example']\ntrusted_proxies = ['127.0.0.1']", "127.0.0.1", True),
        ("[backend]\nhosts = ['a.example']", "127.0.0.1", False),
        ("operators = ['127.0.0.1']\n[backend]\nhosts = ['a.example']", "127.0.0.1", True),
        ("[backend]\nhosts = ['a.example']", "", False),
    ],
)
def test_who_is_one(settings: str, address: str, is_one: bool) -> None:
    assert Operators(parse(settings, "x")).has(Reader(address, "")) is is_one


def test_an_account_may_be_one_from_everywhere_and_another_one_is_not() -> None:
    for settings in ("[backend]\npublic = true", "[backend]\nhost = '0.0.0.0'"):
        operators = Operators(parse(settings, "x"))
        assert operators.has(Reader("203.0.113.9", "", subject="account:a", operator=True))
        assert not operators.has(Reader("203.0.113.9", "", subject="account:b"))
