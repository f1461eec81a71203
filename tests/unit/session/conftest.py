"""Fixtures: `zygote`, one for all tests of this folder; `session`, a fresh one for each test."""

from collections.abc import Iterator

import pytest

from tests.unit.session.running import RunningSession, RunningZygote, running_zygote


@pytest.fixture(scope="package")
def zygote() -> Iterator[RunningZygote]:
    with running_zygote() as zygote:
        yield zygote


@pytest.fixture
def session(zygote: RunningZygote) -> Iterator[RunningSession]:
    with zygote.session(address_space=4 << 30) as session:
        yield session
