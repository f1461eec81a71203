"""Fixtures of the tests of workspaces on a running site.

house       two backends on one PostgreSQL
emmy, emil  two people who are signed in at both
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.postgresql import running_postgresql
from tests.site.workspaces.house import House, Person, running_house


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_postgresql() as server, running_house(tmp_path_factory.mktemp("house"), server) as house:
        yield house


@pytest.fixture
async def emmy(house: House) -> AsyncIterator[Person]:
    async with house.person() as person:
        yield person


@pytest.fixture
async def emil(house: House) -> AsyncIterator[Person]:
    async with house.person() as person:
        yield person
