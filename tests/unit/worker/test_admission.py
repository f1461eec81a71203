"""Who may have one more session."""

import pytest

from sagews.config.worker import Worker
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.admission import Admission, counted_as
from sagews.worker.refusal import Refusal


def refused(admission: Admission, reader: str) -> str:
    with pytest.raises(Refusal) as refusal:
        admission.enter(reader)
    assert refusal.value.code == pb.FAILURE_CODE_FULL
    return str(refusal.value)


def test_a_worker_has_so_many_places() -> None:
    admission = Admission(Worker(max_sessions=2))
    place = admission.enter("address:10.0.0.1")
    admission.enter("")
    assert "holds 2 sessions, its limit" in refused(admission, "account:7")
    admission.leave(place)
    admission.enter("account:7")


def test_accounts_and_addresses_are_counted_apart() -> None:
    admission = Admission(Worker(sessions_per_account=2, sessions_per_address=1))
    place = admission.enter("account:7")
    admission.enter("account:7")
    assert "this account: has 2 sessions already" in refused(admission, "account:7")
    admission.enter("account:8")
    admission.enter("address:10.0.0.1")
    assert "this address: has 1 session already" in refused(admission, "address:10.0.0.1")
    admission.enter("address:10.0.0.2")
    admission.leave(place)
    admission.enter("account:7")


def test_no_limit_counts_nobody_out() -> None:
    admission = Admission(Worker())
    for _ in range(50):
        admission.enter("address:10.0.0.1")


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
