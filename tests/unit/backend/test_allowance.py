"""How much one connection may send."""

from sagews.backend.allowance import BURST, BYTE_BURST, BYTE_RATE, RATE, Allowance


def test_a_page_never_waits() -> None:
    allowance = Allowance(0.0)
    assert all(allowance.spend(1000, now=step / 100) == 0 for step in range(10_000))


def test_a_flood_is_read_at_the_rate() -> None:
    allowance = Allowance(0.0)
    waits = [allowance.spend(10, now=0.0) for _ in range(int(BURST) + 200)]
    assert waits[: int(BURST)] == [0.0] * int(BURST)
    assert waits[-1] == 200 / RATE
    assert allowance.spend(10, now=1.0) == 0


def test_large_messages_count_by_their_bytes() -> None:
    allowance = Allowance(0.0)
    assert allowance.spend(int(BYTE_BURST), now=0.0) == 0
    assert allowance.spend(int(BYTE_RATE), now=0.0) == 1.0
