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


def told(shares: Shares) -> dict[str, int]:
    return {each.reader: each.sessions for each in shares.told}


def test_sessions_on_other_workers_count() -> None:
    shares = Shares(Worker())
    place = shares.enter("account:7", quota=3, elsewhere=1)
    shares.enter("account:7", quota=3, elsewhere=1)
    with pytest.raises(Refusal) as refusal:
        shares.enter("account:7", quota=3, elsewhere=1)
    assert refusal.value.code == pb.FAILURE_CODE_TOO_MANY
    assert str(refusal.value).startswith("this account: has 3 sessions of the 3 that it may have at once")
    assert told(shares) == {"account:7": 2}
    shares.leave(place)
    assert told(shares) == {"account:7": 1}
    shares.enter("account:7", quota=3, elsewhere=1)
    shares.enter("account:8", quota=1)


def test_backends_are_told_of_those_alone_who_have_a_quota() -> None:
    shares = Shares(Worker())
    shares.enter("account:1")
    place = shares.enter("address:2001:db8::7", quota=2)
    assert told(shares) == {"address:2001:db8::/64": 1}
    assert shares.has("address:2001:db8::8").sessions == 1
    shares.leave(place)
    assert told(shares) == {}


def test_what_a_worker_gives_to_anybody_holds_as_well() -> None:
    shares = Shares(Worker(sessions_per_account=1))
    shares.enter("account:7", quota=5)
    with pytest.raises(Refusal) as refusal:
        shares.enter("account:7", quota=5)
    assert refusal.value.code == pb.FAILURE_CODE_FULL
