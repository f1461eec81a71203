"""Fixtures of the tests that drive one service alone: `worker`, one with all walls and one with none."""

from collections.abc import Iterator

import pytest

from tests.site.worker_process import BARE, QUICK, RunningWorker, running_worker


@pytest.fixture(scope="module", params=[QUICK, BARE], ids=["walls", "bare"])
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    """A worker with all walls that this machine allows, and one with none."""
    with running_worker(tmp_path_factory.mktemp("worker"), request.param) as running:
        yield running
