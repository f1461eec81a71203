"""How many sessions a reader may have."""

import pytest

from sagews.config.worker import Worker
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.refusal import Refusal
from sagews.worker.shares import Shares


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
