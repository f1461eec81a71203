"""Fixtures of the tests of worksheets.

address    where an empty database with its tables is: in SQLite and in PostgreSQL; the former's is empty
backends   two backends on it
worksheet  a worksheet of a few cells in it
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sagews.database.worksheets import Worksheet
from tests.unit.backend.worksheets.backends import Backend, backend, with_worksheet
from tests.unit.database.conftest import database, postgresql

__all__ = ["database", "postgresql"]


@pytest.fixture(params=["sqlite", "postgresql"])
async def address(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    server = request.getfixturevalue("postgresql")
    await server.forget()
    return str(server.url)


@pytest.fixture
async def backends(address: str, tmp_path: Path) -> AsyncIterator[tuple[Backend, Backend]]:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(backend(tmp_path, address))
        await one.database.migrate()
        shared = None if address else one.hints
        yield one, await stack.enter_async_context(backend(tmp_path, address, shared))


@pytest.fixture
async def worksheet(backends: tuple[Backend, Backend]) -> Worksheet:
    return await with_worksheet(backends[0].database)
