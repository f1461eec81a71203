"""Rates: who is counted as what, who is past a limit, and when to come again."""

import time
from pathlib import Path

import pytest

from sagews.backend.metrics import Metrics
from sagews.backend.rates import EVALUATIONS, SESSIONS, TICKETS, Rates
from sagews.backend.reader import ANONYMOUS, PROGRAM, TOKEN, Reader
from sagews.backend.tickets import Tickets
from sagews.config.backend import Backend
from sagews.config.rates import Rates as Settings
from sagews.config.site import Site
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all of a test happen early in a window."""
    moment = 3600 * 500_000 + 10.0
    monkeypatch.setattr(time, "time", lambda: moment)


def rates(folder: Path, backend: Backend | None = None, **settings: str | bool) -> Rates:
    """Return the rates of a site that anybody can reach."""
    site = Site(
        data_directory=str(folder),
        backend=backend or Backend(hosts=["math.example.org"]),
        rates=Settings(**settings),  # type: ignore[arg-type]
    )
    return Rates(site, Tickets(folder), Metrics())


def reader(address: str = "192.0.2.7", subject: str = ANONYMOUS) -> Reader:
    return Reader(address=address, origin="", subject=subject)


async def taken(rates: Rates, kind: str, who: Reader, most: int = 50) -> int:
    """Return how many of a kind a reader gets before one is refused."""
    for count in range(most):
        try:
            await rates.take(kind, who)
        except RefusedRequest as refused:
            assert refused.code == pb.FAILURE_CODE_TOO_MANY
            return count
    return most


async def test_each_address_has_its_own(tmp_path: Path) -> None:
    counted = rates(tmp_path, evaluations_per_address="3/hour")
    assert [await taken(counted, EVALUATIONS, reader(f"192.0.2.{n}")) for n in range(3)] == [3, 3, 3]
    assert await taken(counted, EVALUATIONS, reader("192.0.2.1")) == 0
    assert await taken(counted, SESSIONS, reader("192.0.2.1")) == 50


async def test_of_ipv6_the_first_64_bits_count(tmp_path: Path) -> None:
    counted = rates(tmp_path, evaluations_per_address="3/hour")
    assert await taken(counted, EVALUATIONS, reader("2001:db8::1")) == 3
    assert await taken(counted, EVALUATIONS, reader("2001:db8::ffff:2")) == 0
    assert await taken(counted, EVALUATIONS, reader("2001:db8:0:1::1")) == 3


async def test_accounts_and_tokens_are_counted_wherever_they_come_from(tmp_path: Path) -> None:
    counted = rates(tmp_path, evaluations_per_account="2/hour", evaluations_per_token="4/hour")
    for subject, most in (("account:ada", 2), ("account:ben", 2), (PROGRAM, 4), ("token:7", 4)):
        got = [await taken(counted, EVALUATIONS, reader(f"192.0.2.{n}", subject)) for n in range(3)]
        assert got == [most, 0, 0]
    # A class that shares one token in its browsers is not one reader.
    assert await taken(counted, EVALUATIONS, reader("192.0.2.1", TOKEN)) == 50


async def test_all_limits_hold(tmp_path: Path) -> None:
    counted = rates(tmp_path, sessions_per_address="5/hour", sessions_per_account="3/hour; 2/minute")
    assert await taken(counted, SESSIONS, reader(subject="account:ada")) == 2
    assert await taken(counted, SESSIONS, reader(subject="account:ben")) == 2
    assert await taken(counted, SESSIONS, reader(subject="account:cem")) == 1


async def test_whoever_is_refused_is_told_when_to_come_again(tmp_path: Path) -> None:
    counted = rates(tmp_path, tickets_per_address="2/minute")
    await taken(counted, TICKETS, reader())
    with pytest.raises(RefusedRequest) as refused:
        await counted.take(TICKETS, reader())
    seconds = refused.value.retry_after
    assert 1 <= seconds <= 60
    said = f"your address: is past its limit of 2 per 1 minute for tickets; try again in {seconds} s"
    assert str(refused.value) == said
    assert refused.value.failure().failure.retry_after == seconds


@pytest.mark.parametrize(
    ("backend", "limited"),
    [
        (Backend(), False),
        (Backend(host="::1"), False),
        (Backend(trusted_proxies=["127.0.0.1"]), True),
        (Backend(hosts=["math.example.org"]), True),
        (Backend(host="0.0.0.0"), True),
    ],
)
async def test_the_owner_of_a_laptop_is_not_limited(tmp_path: Path, backend: Backend, limited: bool) -> None:
    counted = rates(tmp_path, backend, evaluations_per_address="3/hour")
    assert await taken(counted, EVALUATIONS, reader("127.0.0.1")) == (3 if limited else 50)
    wanted = rates(tmp_path, backend, evaluations_per_address="3/hour", owner=True)
    assert await taken(wanted, EVALUATIONS, reader("127.0.0.1")) == 3


async def test_a_class_behind_one_address_fits_into_the_defaults(tmp_path: Path) -> None:
    counted = rates(tmp_path)
    for _ in range(60):
        for kind, times in ((TICKETS, 2), (SESSIONS, 2), (EVALUATIONS, 20)):
            for _ in range(times):
                await counted.take(kind, reader())
    assert await taken(counted, EVALUATIONS, reader()) == 0


async def test_an_empty_text_is_no_limit(tmp_path: Path) -> None:
    counted = rates(tmp_path, evaluations_per_address=" ")
    assert await taken(counted, EVALUATIONS, reader(), 3000) == 3000


async def test_nobody_is_kept_by_name(tmp_path: Path) -> None:
    counted = rates(tmp_path)
    await counted.take(EVALUATIONS, reader(subject="account:ada"))
    kept = " ".join(counted._counting._here.storage.storage)  # type: ignore[union-attr]  # the keys of all counters
    assert "192.0.2.7" not in kept and "ada" not in kept and len(kept) > 60
