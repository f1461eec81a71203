"""How many sessions a reader may have."""

import pytest

from sagews.config.worker import Worker
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.refusal import Refusal
from sagews.worker.shares import Shares, counted_as


def refused(shares: Shares, reader: str) -> str:
    with pytest.raises(Refusal) as refusal:
        shares.enter(reader)
    assert refusal.value.code == pb.FAILURE_CODE_FULL
    return str(refusal.value)


def test_accounts_and_addresses_are_counted_apart() -> None:
    shares = Shares(Worker(sessions_per_account=2, sessions_per_address=1))
    place = shares.enter("account:7")
    shares.enter("account:7")
    assert "this account: has 2 sessions already" in refused(shares, "account:7")
    shares.enter("account:8")
    shares.enter("address:10.0.0.1")
    assert "this address: has 1 session already" in refused(shares, "address:10.0.0.1")
    shares.enter("address:10.0.0.2")
    shares.leave(place)
    shares.enter("account:7")


def test_no_limit_counts_nobody_out() -> None:
    shares = Shares(Worker())
    for _ in range(50):
        shares.enter("address:10.0.0.1")


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
