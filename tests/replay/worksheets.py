"""Fixtures of cases about worksheets: a worker, two backends and a PostgreSQL, and somebody with a workspace.

server     the database; `workshop`: what runs on it, for the tests of a file
owner      somebody who is signed in; `workspace`: theirs, with `a.ipynb` of three cells
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.postgresql import PostgreSQL, running_postgresql
from tests.site.client_end import assert_serves
from tests.site.worksheets.editor import notebook
from tests.site.worksheets.workbench import Workshop, running_workshop
from tests.site.workspaces.house import Person

__all__ = ["nothing_is_left", "owner", "server", "workshop", "workspace"]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def workshop(
    request: pytest.FixtureRequest, server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    """Give a site that has the lines LIMITS of a file in its `[limits]`; at its end nothing of it is left."""
    limits = getattr(request.module, "LIMITS", "")
    with running_workshop(tmp_path_factory.mktemp("workshop"), server, limits=limits) as running:
        yield running


@pytest.fixture(autouse=True)
async def nothing_is_left(workshop: Workshop) -> AsyncIterator[None]:
    """Let the case run, then see that a new reader is served by each backend."""
    yield
    for backend in (workshop.house.one, workshop.house.two):
        await assert_serves(backend.url)


@pytest.fixture
async def owner(workshop: Workshop) -> AsyncIterator[Person]:
    async with workshop.house.person() as person:
        yield person


@pytest.fixture
async def workspace(owner: Person) -> str:
    where = await owner.make()
    await owner.save(where, "", {"a.ipynb": notebook("x = 1", "λόγος", "")})
    return where
