"""Fixtures of several modules.

worker      one with all walls and one with none
desk        a session whose files are asked for over HTTP
postgresql  a real server with an empty cluster
logwatch    one that is not started yet, and empty tables for it
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgreSQL, running_postgresql
from tests.running import RunningSite, running_site
from tests.site.desk import LOW, Desk, desk_at
from tests.site.logwatch_process import Logwatch
from tests.site.worker_process import BARE, QUICK, RunningWorker, running_worker


@pytest.fixture(scope="module", params=[QUICK, BARE], ids=["walls", "bare"])
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    """A worker with all walls that this machine allows, and one with none."""
    with running_worker(tmp_path_factory.mktemp("worker"), request.param) as running:
        yield running


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with a low limit on files, whose log must show no fault."""
    with running_site(tmp_path_factory.mktemp("quick"), config=LOW) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


@pytest.fixture
async def desk(quick: RunningSite) -> AsyncIterator[Desk]:
    async with desk_at(quick) as desk:
        yield desk


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
async def logwatch(postgresql: PostgreSQL, tmp_path: Path) -> AsyncIterator[Logwatch]:
    """Give a logwatch that is not started yet, and a database with empty tables."""
    await postgresql.forget()
    logwatch = Logwatch(tmp_path, postgresql)
    await logwatch.migrate()
    yield logwatch
    assert logwatch.end() == 0
    assert "Traceback" not in str(logwatch.said), logwatch.said
