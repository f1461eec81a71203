"""Fixtures of all tests.

site    one running site for the whole run: `sagews serve`, with all its processes (tests/running.py)
"""

import gc
import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.running import RunningSite, running_site

# Random input: a hundredth of it in `make test`, all of it in `make prove`.
settings.register_profile("test", max_examples=100, deadline=None)
settings.register_profile("prove", max_examples=10_000, deadline=None)
settings.load_profile("prove" if os.environ.get("SAGEWS_PROVE") else "test")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site that all tests of the run share.

    Its settings are the default ones, but for room: each test leaves sessions
    behind, which live on for their grace period.
    """
    with running_site(tmp_path_factory.mktemp("site"), config="[worker]\nmax_sessions = 1000\n") as running:
        yield running


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report on a test without collecting garbage meanwhile.

    What is collected may warn, and a warning that is an error is shown with
    its source, which is parsed while the failing test's source is: CPython 3.11
    then says `AST constructor recursion depth mismatch`, and the run ends.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
