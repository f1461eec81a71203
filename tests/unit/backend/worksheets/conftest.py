"""Fixtures of the tests of worksheets.

backends   two backends on one database, in SQLite and in PostgreSQL
worksheet  a worksheet of a few cells in it
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sagews.database.worksheets import Worksheet
from tests.unit.backend.worksheets.backends import Backend, backend, with_worksheet
from tests.unit.database.conftest import postgresql
from tests.unit.database.emptied import address, migrated_file, migrated_server

__all__ = ["address", "migrated_file", "migrated_server", "postgresql"]


@pytest.fixture
async def backends(address: str, tmp_path: Path) -> AsyncIterator[tuple[Backend, Backend]]:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(backend(tmp_path, address))
        shared = None if address else one.hints
        yield one, await stack.enter_async_context(backend(tmp_path, address, shared))


@pytest.fixture
async def worksheet(backends: tuple[Backend, Backend]) -> Worksheet:
    return await with_worksheet(backends[0].database)
