"""How a browser writes an address."""

from sagews.admin.address import url


def test_an_address_as_a_browser_writes_it() -> None:
    assert url("127.0.0.1", 8080) == "http://127.0.0.1:8080/"
    assert url("::1", 8080) == "http://[::1]:8080/"
    assert url("example.org", 80, "abc") == "http://example.org:80/?token=abc"


def test_all_addresses_are_written_as_one_that_works() -> None:
    assert "0.0.0.0" not in url("0.0.0.0", 8080, "t")
