"""Fixtures: a site whose one environment is Sage, as `sagews environment install sage` has installed it."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from sagews.admin.environments.install import INSTALLED, settings
from sagews.admin.environments.recipe import SAGE, default_directory
from tests.running import RunningSite, running_site
from tests.site.desk import Desk, desk_at

DIRECTORY = default_directory("sage")
DEMANDED = "SAGEWS_DEMAND_SAGE"
"""A variable: where it is set, a Sage that is missing is a failure."""
CONFIG = f"""
{settings(SAGE, DIRECTORY)}
spares = 1

[limits]
interrupt_pause = 0.5
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Sage where it is not installed."""
    if (DIRECTORY / INSTALLED).exists() or os.environ.get(DEMANDED):
        return
    missing = pytest.mark.skip(reason="Sage is not installed here: `make sage`")
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(missing)


@pytest.fixture(scope="session")
def sage_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with Sage, behind all walls that this machine allows, whose log must show no fault."""
    with running_site(tmp_path_factory.mktemp("sage"), config=CONFIG) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


@pytest.fixture
async def desk(sage_site: RunningSite) -> AsyncIterator[Desk]:
    """Give a fresh session of Sage."""
    async with desk_at(sage_site) as one:
        yield one
