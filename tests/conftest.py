"""Fixtures of all tests.

site    one running site for the whole run: `sagews serve`, with all its processes (tests/running.py)
"""

from collections.abc import Iterator

import pytest

from tests.running import RunningSite, running_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with default settings that all tests of the run share."""
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running
