"""Fixtures of the tests of a whole site.

network   fails or skips where no network of namespaces can be made
running   a site on three machines, started once for all tests of the package
site      that site, as it should be before a test and after it; the test acts as a reader in its network
"""

import os
from collections.abc import Iterator

import pytest

from tests.tables import add_line
from tests.whole.figures import FIGURES
from tests.whole.network import Switch, missing
from tests.whole.three_machines import ThreeMachines, three_machines

WHOLE = bool(os.environ.get("SAGEWS_WHOLE") or os.environ.get("SAGEWS_PROVE"))
DEMAND = "SAGEWS_DEMAND_SERVICES"
UNEXPECTED = ("Traceback (most recent call last)", "Task exception was never retrieved")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the long ones for `make test-site`."""
    for item in items:
        if "tests/whole/" in str(item.path) and not WHOLE and item.get_closest_marker("quick") is None:
            item.add_marker(pytest.mark.skip(reason="make test-site runs it"))


@pytest.fixture(scope="package")
def network() -> None:
    """Skip where there is no right to make networks; where programs are missing, fail if SAGEWS_DEMAND_SERVICES."""
    if os.getuid():
        pytest.skip("only root makes machines of namespaces")
    wrong = missing() and f"missing: {missing()} (scripts/install-services)"
    if not wrong:
        try:
            Switch().end()
        except (AssertionError, OSError) as error:
            wrong = f"this machine lets nobody make a network of namespaces: {error}"
    if wrong and os.environ.get(DEMAND):
        pytest.fail(wrong)
    if wrong:
        pytest.skip(wrong)


@pytest.fixture(scope="package")
def running(network: None) -> Iterator[ThreeMachines]:
    """Give the site, which runs."""
    with three_machines() as site:
        site.start()
        yield site
        stopped = site.admin("stop")
        assert stopped.status == 0, stopped
        for machine in site.machines.values():
            assert not machine.processes(), machine.name


@pytest.fixture
def site(running: ThreeMachines) -> Iterator[ThreeMachines]:
    """Give the site to one test; whatever it did, all is as it should be before the next."""
    before = running.logs()
    with running.switch.entered():
        yield running
    for name in running.machines:
        running.switch.heal(name)
    running.await_health()
    for name, log in running.logs().items():
        new = log.removeprefix(before.get(name, ""))
        for word in UNEXPECTED:
            if word in new:
                # Whole: an assertion's words are cut short.
                pytest.fail(f"{word!r} in {name}:\n{new[max(0, new.index(word) - 2000) :][:6000]}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Show how long the site took to recover from each fault."""
    for what, took, most in FIGURES:
        add_line(session.config, "seconds until all was well again", f"{took:8.1f} of {most:g}  {what}")
