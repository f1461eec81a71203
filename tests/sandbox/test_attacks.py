"""Every attack, in a session of a real worker, with root and as an ordinary user."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.sandbox.attack import Attack
from tests.sandbox.attacks import ATTACKS
from tests.sandbox.targets import Secret, targets_outside
from tests.sandbox.workers import Walled, walled_worker
from tests.sandbox.yard import Outcome, Yard

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = Secret()


@pytest.fixture(scope="module")
def outside() -> Iterator[dict[str, Any]]:
    with targets_outside() as targets:
        yield targets


@pytest.fixture(scope="module", params=["A", "B"])
def walled(request: pytest.FixtureRequest, outside: dict[str, Any]) -> Iterator[Walled]:
    """A worker of the tier; when it has ended, its log is what a log should be."""
    with walled_worker(request.param, SECRET.text, outside["shown"]) as walled:
        yield walled
        lines = walled.worker.log.read_bytes()
        assert b"\x1b" not in lines, "a terminal that shows the log would obey a session"
        for line in lines.splitlines():
            assert line.startswith(b"{") and json.loads(line).get("event") != "forged", line
        assert not (walled.folder / "canary").exists(), "something of a session was unpickled"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def yard(walled: Walled, outside: dict[str, Any]) -> AsyncIterator[Yard]:
    async with Yard.open(walled, outside, SECRET) as yard:
        yield yard


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
async def test_held(yard: Yard, attack: Attack, table: list[tuple[str, Outcome]]) -> None:
    if yard.walled.tier not in attack.tiers:
        pytest.skip(f"not for tier {yard.walled.tier}")
    outcome = await yard.make(attack)
    table.append((yard.walled.tier, outcome))
    assert outcome.held, f"{outcome.words} {outcome.found} {outcome.text[-3000:]}"
