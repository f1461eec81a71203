"""Who can reach an address, and how a browser writes it."""

import pytest

from sagews.admin.address import is_loopback, url


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LocalHost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "localhost.example.org", ""])
def test_others_can_reach(host: str) -> None:
    assert not is_loopback(host)


def test_an_address_as_a_browser_writes_it() -> None:
    assert url("127.0.0.1", 8080) == "http://127.0.0.1:8080/"
    assert url("::1", 8080) == "http://[::1]:8080/"
    assert url("example.org", 80, "abc") == "http://example.org:80/?token=abc"


def test_all_addresses_are_written_as_one_that_works() -> None:
    assert "0.0.0.0" not in url("0.0.0.0", 8080, "t")
