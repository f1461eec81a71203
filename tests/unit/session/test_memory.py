"""Freed memory goes back to the system."""

import time

from tests.processes import wait_until
from tests.unit.session.running import RunningSession

RESIDENT = "print(int(open('/proc/self/statm').read().split()[1]) * 4096 >> 20)"


def test_what_was_freed_is_given_back_after_the_cell(session: RunningSession) -> None:
    def resident() -> int:
        return int(session.evaluate(RESIDENT).text())

    before = resident()
    # Blocks of a size that glibc learns to take from its heap, and behind them one that stays.
    session.evaluate("bytearray(20 << 20)\nfreed = [bytearray(1 << 20) for _ in range(200)]\nlast = bytearray(1 << 20)")
    assert resident() > before + 150
    session.evaluate("freed.clear()")
    # It is done when nothing waits to be evaluated.
    wait_until(lambda: time.sleep(0.05) or resident() < before + 50, 5, "it was given back")


def test_what_is_in_use_stays(session: RunningSession) -> None:
    session.evaluate("kept = [bytes([n % 256]) * 100_000 for n in range(1000)]\ngone = [bytes(100_000) for _ in kept]")
    session.evaluate("gone.clear()")
    code = "all(each == bytes([n % 256]) * 100_000 for n, each in enumerate(kept))"
    assert session.evaluate(code).results == ["True"]
