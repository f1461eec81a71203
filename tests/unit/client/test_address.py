"""The address of a site as a user types it."""

import pytest

from sagews.client.address import parse_address
from sagews.errors import ConfigurationError


def test_the_token_is_taken_out_of_the_address() -> None:
    address = parse_address("http://10.0.0.1:8080/?token=abc")
    assert (str(address), address.token) == ("http://10.0.0.1:8080/", "abc")
    assert str(address.socket) == "ws://10.0.0.1:8080/socket"


def test_a_site_may_lie_under_a_path_and_behind_https() -> None:
    assert str(parse_address("https://example.org/maths").socket) == "wss://example.org/maths/socket"


def test_the_token_given_wins_over_the_address_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEWS_TOKEN", "environment")
    assert parse_address("http://h/?token=address", "given").token == "given"
    assert parse_address("http://h/?token=address").token == "address"
    assert parse_address("http://h/").token == "environment"


@pytest.mark.parametrize(
    "text", ["", "localhost", "localhost:8080", "ftp://h/", "http://", "http://h:99999/", "http://["]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="sagews serve"):
        parse_address(text)
