"""Stateless evaluations of Sage: what is computed is kept for others, what is drawn is not."""

import pytest

from tests.replay.outputs import stream
from tests.running import RunningSite
from tests.site.client_end import connected

COMPUTED = ["factor(2^64-1)", "integrate(x*sin(x), x)", "libgap.SymmetricGroup(5).Order()", "plot(sin, -1, 1)"]
DRAWN = [
    "randint(1, 10^9)",
    "ZZ.random_element(10^9)",
    "random_matrix(ZZ, 2)",
    "random()",
    "SymmetricGroup(9).random_element()",
]


@pytest.mark.parametrize("code", COMPUTED)
async def test_what_is_computed_is_kept(sage_site: RunningSite, code: str) -> None:
    async with connected(sage_site.url, within=60) as client:
        first = await client.run(code)
        again = await client.run(code)
    assert "unrepeatable" not in first[-1]
    assert "kept_since" in again[-1]
    assert outputs(first) == outputs(again)


@pytest.mark.parametrize("code", DRAWN)
async def test_what_is_drawn_is_not(sage_site: RunningSite, code: str) -> None:
    async with connected(sage_site.url, within=60) as client:
        drawn = {stream(await client.run(f"print({code})"), "stdout") for _ in range(3)}
    assert len(drawn) > 1


def outputs(events: list[dict[str, object]]) -> list[object]:
    return [event["body"] for event in events if event["kind"] == "output"]
