"""Fixtures of the tests of worksheets on a running site.

study       two backends on one PostgreSQL, or one on a file
owner       somebody who is signed in there; `other`: somebody else
workspace   a new one of the owner's, in which the other one is an editor, with a worksheet `a.ipynb`
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.postgresql import running_postgresql
from tests.site.worksheets.editor import notebook
from tests.site.workspaces.house import House, Person, running_house


@pytest.fixture(scope="package", params=["postgresql", "sqlite"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("study")
    if request.param == "sqlite":
        with running_house(folder, None) as house:
            yield house
        return
    with running_postgresql() as server, running_house(folder, server) as house:
        yield house


@pytest.fixture
async def owner(study: House) -> AsyncIterator[Person]:
    async with study.person() as person:
        yield person


@pytest.fixture
async def other(study: House) -> AsyncIterator[Person]:
    async with study.person() as person:
        yield person


@pytest.fixture
async def workspace(owner: Person, other: Person) -> str:
    where = await owner.make()
    await owner.ask("POST", f"{where}/members", 200, json={"account": other.account, "role": "editor"})
    await owner.save(where, "", {"a.ipynb": notebook("x = 1", "λόγος", "数学 😀")})
    return where
