"""Links that stand ready."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sagews.backend.links import Links
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.service.dialer import Dialer
from tests.unit.backend.dialogue import ScriptedWorker, WorkerEnd

OPEN = pb.Request(id=1, open=pb.Open())


@contextlib.asynccontextmanager
async def filled(folder: Path, wanted: int) -> AsyncIterator[tuple[Links, ScriptedWorker]]:
    """Give links that are kept ready to a scripted worker."""
    path = folder / "w1.sock"
    worker = ScriptedWorker()
    server = await asyncio.start_unix_server(worker.accept, str(path))
    links = Links(Dialer(Site(), path), "b1", wanted)
    filling = asyncio.create_task(links.fill())
    try:
        yield links, worker
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        links.drop()
        for end in worker.ends:
            end.hang_up()
        server.close()
        await asyncio.sleep(0)


async def asked_for_a_session(ends: list[WorkerEnd]) -> WorkerEnd:
    """Return the one of these links on which Open comes, the others untouched."""
    expecting = {asyncio.create_task(end.expect("open")): end for end in ends}
    done, pending = await asyncio.wait(expecting, return_when=asyncio.FIRST_COMPLETED, timeout=5)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    (only,) = done
    only.result()
    return expecting[only]


async def test_nobody_there(tmp_path: Path) -> None:
    links = Links(Dialer(Site(), tmp_path / "w1.sock"), "b1", 1)
    for work in (links.ask(OPEN), links.fill()):
        with pytest.raises(ServiceError, match="cannot be reached"):
            await work


async def test_idle_links_are_kept_and_replaced(tmp_path: Path) -> None:
    async with filled(tmp_path, 2) as (links, worker):
        first, second = await worker.link(), await worker.link()
        # One that ended while it was idle is replaced.
        first.hang_up()
        third = await worker.link()
        asked = asyncio.create_task(links.ask(OPEN))
        end = await asked_for_a_session([second, third])
        end.say(pb.Event(request=1, session="w1-a", opened=pb.Opened()))
        link, event = await asyncio.wait_for(asked, 5)
        assert (event.session, link.worker) == ("w1-a", "w1")
        await worker.link()
        links.drop()
        (left,) = {second, third} - {end}
        await left.expect_end()
        link.close()
        await end.expect_end()


async def test_a_link_that_has_just_ended_is_no_failure(tmp_path: Path) -> None:
    async with filled(tmp_path, 1) as (links, worker):
        idle = await worker.link()
        async with asyncio.timeout(5):
            while not links.ready:
                await asyncio.sleep(0.01)
        asked = asyncio.create_task(links.ask(OPEN))
        await idle.expect("open")
        idle.hang_up()
        end = await asked_for_a_session([await worker.link(), await worker.link()])
        end.say(pb.Event(request=1, session="w1-a", opened=pb.Opened()))
        link, event = await asyncio.wait_for(asked, 5)
        assert event.session == "w1-a"
        link.close()
