"""One worker as the backend sees it: in reach, away, gone."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sagews.backend import control, worker
from sagews.backend.worker import Worker
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.service.dialer import Dialer
from tests.unit.backend.dialogue import ScriptedWorker

OPEN = pb.Request(id=1, open=pb.Open())


@contextlib.asynccontextmanager
async def kept(folder: Path, idle: int = 0) -> AsyncIterator[tuple[Worker, ScriptedWorker, asyncio.Server]]:
    """Give a worker that is kept in reach, the script of it, and where that listens."""
    path = folder / "w1.sock"
    scripted = ScriptedWorker()
    server = await asyncio.start_unix_server(scripted.accept, str(path))
    one = Worker(Dialer(Site(), path), "b1", idle)
    one.start()
    try:
        yield one, scripted, server
    finally:
        await one.stop()
        for end in scripted.ends:
            end.hang_up()
        server.close()
        await asyncio.sleep(0)


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


def ready(sessions: int = 0) -> pb.Event:
    load = pb.Load(sessions=sessions, places=10)
    return pb.Event(status=pb.Status(state=pb.WORKER_STATE_READY, load=load))


async def test_room_is_what_it_has_said(tmp_path: Path) -> None:
    async with kept(tmp_path) as (one, scripted, _):
        assert one.room == 0
        (await scripted.control.get()).say(ready(3))
        await until(lambda: one.room == 7)
        assert one.silence < 5 and not one.gone


async def test_who_waits_for_a_worker_that_falls_silent_waits_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "SILENCE", 0.3)
    async with kept(tmp_path, idle=2) as (one, scripted, _):
        (await scripted.control.get()).say(ready())
        await until(lambda: one.links.ready == 2)
        asking = asyncio.create_task(one.ask(OPEN))
        with pytest.raises(ServiceError, match="fell silent"):
            await asyncio.wait_for(asking, 5)
        assert one.away
        # The links that stood ready are worth nothing any more. Later there are new ones.
        await until(lambda: one.links.ready == 0)
        (await asyncio.wait_for(scripted.control.get(), 5)).say(ready())
        await until(lambda: one.links.ready == 2)


async def test_it_is_gone_when_nobody_listens_and_that_is_no_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "GONE_AFTER", 0.2)
    async with kept(tmp_path) as (one, scripted, server):
        end = await scripted.control.get()
        end.say(ready())
        await until(lambda: one.status is not None)
        server.close()
        (tmp_path / "w1.sock").unlink()
        end.hang_up()
        await until(lambda: one.away)
        assert not one.gone
        await until(lambda: one.gone)
        # What listens there now and says nothing yet is not the one that was.
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.bind(str(tmp_path / "w1.sock"))
            deaf.listen()
            await asyncio.sleep(0.3)
            assert one.gone
        (tmp_path / "w1.sock").unlink()
        again = await asyncio.start_unix_server(scripted.accept, str(tmp_path / "w1.sock"))
        try:
            async with asyncio.timeout(10):
                (await scripted.control.get()).say(ready())
            await until(lambda: one.status is not None)
            assert not one.gone
        finally:
            again.close()
