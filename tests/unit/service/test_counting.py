"""As whom a reader is counted."""

import pytest

from sagews.service.counting import counted_as


@pytest.mark.parametrize(
    ("reader", "counted"),
    [
        ("", ""),
        ("account:7", "account:7"),
        ("address:10.0.0.1", "address:10.0.0.1"),
        ("address:::ffff:10.0.0.1", "address:10.0.0.1"),
        ("address:2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("address:2001:db8:1:2::", "address:2001:db8:1:2::/64"),
        ("address:fe80::1%eth0", "address:fe80::/64"),
        ("address:what", "address:what"),
    ],
)
def test_as_what_a_reader_is_counted(reader: str, counted: str) -> None:
    assert counted_as(reader) == counted
