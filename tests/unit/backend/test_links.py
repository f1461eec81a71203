"""Links that stand ready."""

import asyncio
from pathlib import Path

import pytest

from sagews.backend.links import Links
from sagews.config.backend import Backend
from sagews.config.site import Site
from sagews.errors import ServiceError
from tests.unit.backend.dialogue import ScriptedWorker


async def test_idle_links_are_kept_and_replaced(tmp_path: Path) -> None:
    site = Site(runtime_directory=str(tmp_path), backend=Backend(idle_links=2))
    worker = ScriptedWorker()
    links = Links(site)
    links.start()
    with pytest.raises(ServiceError):
        await links.reach()
    server = await asyncio.start_unix_server(worker.accept, str(site.worker_socket))
    first, second = await worker.link(), await worker.link()
    await links.reach()
    await (await worker.link()).expect_end()
    # One that ended while it was idle is not given out, and is replaced.
    first.hang_up()
    third = await worker.link()
    taken = await links.take()
    assert not taken.lost
    fourth = await worker.link()
    taken.close()
    await links.stop()
    for end in (second, third, fourth):
        await end.expect_end()
    for end in worker.ends:
        end.hang_up()
    server.close()
