"""Who asks, and what they are counted by."""

import pytest

from sagews.backend.reader import Reader


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "address:192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("::1", "address:::/64"),
        ("", ""),
    ],
)
def test_a_subscriber_is_counted_once(address: str, name: str) -> None:
    assert Reader(address=address, origin="").name == name
