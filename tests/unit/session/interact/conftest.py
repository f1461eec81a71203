"""Fixtures: `zygote`, which has loaded little, one for all tests of this folder; `page`, upon a fresh session of it."""

from collections.abc import Iterator

import pytest

from tests.unit.session.interact.page import Page
from tests.unit.session.running import RunningSession, RunningZygote, running_zygote


@pytest.fixture(scope="package")
def zygote() -> Iterator[RunningZygote]:
    with running_zygote(["matplotlib.pyplot", "ipywidgets"]) as zygote:
        yield zygote


@pytest.fixture
def page(session: RunningSession) -> Page:
    return Page(session)
