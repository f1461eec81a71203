"""The table that a run of the attacks prints: which wall held what, and what a sibling session felt of it."""

import pytest

from tests.sandbox.yard import Outcome, milliseconds

TABLE = pytest.StashKey[list[tuple[str, Outcome]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = []


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> list[tuple[str, Outcome]]:
    """Take rows: the tier, and what became of an attack."""
    return pytestconfig.stash[TABLE]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not (rows := config.stash.get(TABLE, [])):
        return
    terminalreporter.section("attacks; `1+1` of a sibling: median (most) in ms")
    for tier, outcome in rows:
        latencies = "  ".join(f"{milliseconds(each):>12}" for each in (outcome.before, outcome.during, outcome.after))
        attack = outcome.attack
        verdict = "held" if outcome.held else "OPEN"
        terminalreporter.write_line(
            f"{tier} {attack.number:4} {attack.name[:50]:50} {verdict} {latencies}  {attack.layer}"
        )
