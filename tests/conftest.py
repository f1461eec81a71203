"""Fixtures of all tests.

site    one running site for the whole run: `sagews serve`, with all its processes (tests/running.py)
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.running import RunningSite, running_site

# Random input: a hundredth of it in `make test`, all of it in `make prove`.
settings.register_profile("test", max_examples=100, deadline=None)
settings.register_profile("prove", max_examples=10_000, deadline=None)
settings.load_profile("prove" if os.environ.get("SAGEWS_PROVE") else "test")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with default settings that all tests of the run share."""
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running
