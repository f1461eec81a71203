"""Fixtures of all tests.

site    one running site for the whole run: `sagews serve`, with all its processes (tests/running.py)
"""

import gc
import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.running import RunningSite, running_site
from tests.tables import TABLES, add_line

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


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """Say which tests stay in one process when two of them run: those of a file, and all that change the machine.

    A wrapper, so that it is said before pytest-xdist looks.
    """
    for item in items:
        place = item.path.relative_to(config.rootpath).as_posix()
        together = "machine" if place.startswith(("tests/site/admin/", "tests/whole/")) else place
        item.add_marker(pytest.mark.xdist_group(together))
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take the tables to the process that shows them."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["tables"] = session.config.stash.get(TABLES, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in the tables of another process, which pytest-xdist calls a node."""
    for title, lines in getattr(node, "workeroutput", {}).get("tables", {}).items():
        for line in lines:
            add_line(node.config, title, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the tables."""
    for title, lines in config.stash.get(TABLES, {}).items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
