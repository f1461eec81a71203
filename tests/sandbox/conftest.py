"""The tables that a run of the attacks prints: which wall held what, and what a sibling session felt of it; what each
wall taken away let through, or what held that all the same.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.sandbox.ablations import Row
from tests.sandbox.targets import Secret, targets_outside
from tests.sandbox.workers import Walled, walled_worker
from tests.sandbox.yard import Outcome, Yard, milliseconds
from tests.tables import add_line

TABLE = pytest.StashKey[list[tuple[str, Outcome]]]()
ABLATED = pytest.StashKey[list[tuple[Row, bool]]]()
SECRET = Secret()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = []
    config.stash[ABLATED] = []


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> list[tuple[str, Outcome]]:
    """Take rows: the tier, and what became of an attack."""
    return pytestconfig.stash[TABLE]


@pytest.fixture(scope="session")
def ablated(pytestconfig: pytest.Config) -> list[tuple[Row, bool]]:
    """Take rows of walls taken away, and whether the attack was held all the same."""
    return pytestconfig.stash[ABLATED]


@pytest.fixture(scope="module")
def outside() -> Iterator[dict[str, Any]]:
    """What lies about on this machine."""
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
    """Where attacks are made on it."""
    async with Yard.open(walled, outside, SECRET) as yard:
        yield yard


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    for tier, outcome in config.stash[TABLE]:
        latencies = "  ".join(f"{milliseconds(each):>12}" for each in (outcome.before, outcome.during, outcome.after))
        attack = outcome.attack
        verdict = "held" if outcome.held else "OPEN"
        line = f"{tier} {attack.number:4} {attack.name[:50]:50} {verdict} {latencies}  {attack.layer}"
        add_line(config, "attacks; `1+1` of a sibling: median (most) in ms", line)
    for row, held in config.stash[ABLATED]:
        verdict = f"held by {row.held_by}" if held else "OPEN"
        also = f" (as are: {', '.join(row.also_gone)})" if row.also_gone else ""
        line = (
            f"{row.tier.name} {row.wall:30} taken away: {row.attack.number:4} {row.attack.name[:50]:50} {verdict}{also}"
        )
        add_line(config, "walls taken away", line)
