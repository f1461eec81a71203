"""The bucket: so much at once, so much a second, and never more than that for having waited long."""

from sagews.worker.bucket import Bucket


def taken(bucket: Bucket, now: float, wanted: int) -> int:
    return sum(bucket.take(now) for _ in range(wanted))


def test_five_seconds_worth_may_come_at_once_and_then_the_rate() -> None:
    bucket = Bucket(10.0, now=0.0)
    assert taken(bucket, 0.0, 100) == 50
    assert taken(bucket, 0.5, 100) == 5
    assert taken(bucket, 0.5, 100) == 0


def test_waiting_long_fills_it_no_further() -> None:
    bucket = Bucket(10.0, now=0.0)
    taken(bucket, 0.0, 50)
    assert taken(bucket, 3600.0, 100) == 50


def test_no_rate_no_limit() -> None:
    assert taken(Bucket(0.0, now=0.0), 0.0, 10_000) == 10_000
