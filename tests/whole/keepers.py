"""People who keep code under permalinks while something happens to the database, and what became of what they kept.

What was acknowledged must be there afterwards, and be what was given; what
was not may be there or not.
"""

import asyncio
import itertools
import time
from collections import Counter
from types import TracebackType

import aiohttp

from tests.whole.readers import browser
from tests.whole.three_machines import NAME

ORIGIN = f"https://{NAME}"


class Keepers:
    """One after the other keeps a piece of code, from `async with` to its end."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        """The code of each place that was acknowledged."""
        self.answers: Counter[str] = Counter()
        self.slowest = 0.0

    async def __aenter__(self) -> "Keepers":
        """Begin."""
        self._task = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, then look whether all is there that was acknowledged."""
        self._task.cancel()
        await asyncio.wait([self._task], timeout=30)
        if kind is None:
            await self.judge()

    async def judge(self) -> None:
        """Assert that all is there, and that no answer was another one than `kept` or `not now`."""
        assert self.kept and set(self.answers) <= {"201", "503", "502", "504", "away"}, self.answers
        async with browser() as http:
            for place, code in self.kept.items():
                async with http.get(ORIGIN + place) as answer:
                    assert answer.status == 200, (place, answer.status)
                    assert (await answer.json())["code"] == code

    async def until_kept(self, count: int, seconds: float = 40.0) -> float:
        """Wait until so many more have been acknowledged that were given from now on; return in how many seconds."""
        # One that is under way may have been written before.
        begun, before = time.monotonic(), len(self.kept) + 1
        while len(self.kept) < before + count:
            took = time.monotonic() - begun
            assert took < seconds, f"after {took:.1f} s nothing is kept: {self.answers}"
            await asyncio.sleep(0.02)
        return time.monotonic() - begun

    async def _keep(self) -> None:
        async with browser() as http:
            for number in itertools.count():
                begun, code = time.monotonic(), f"print('kept {number} of {id(self)}')"
                try:
                    async with http.post(ORIGIN + "/api/v1/permalinks", json={"code": code}) as answer:
                        self.answers[str(answer.status)] += 1
                        if answer.status == 201:
                            place = answer.headers["Location"]
                            assert self.kept.setdefault(place, code) == code
                except (aiohttp.ClientError, OSError, TimeoutError):
                    self.answers["away"] += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
                await asyncio.sleep(0.05)
