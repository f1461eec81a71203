"""`sagews console` and `sagews run` straight at a worker, and the client that both use."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.client import Client, Done, Output
from sagews.client.worker import WorkerRoute
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.service.dialer import Dialer
from tests.site.commands import sagews
from tests.site.terminal import Terminal
from tests.site.test_worker_tls import CONFIG, certify
from tests.site.worker_process import RunningWorker, running_worker


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    folder = tmp_path_factory.mktemp("worker")
    certify(folder / "data")
    with running_worker(folder, CONFIG) as running:
        yield running


def route(worker: RunningWorker) -> WorkerRoute:
    return WorkerRoute(Dialer(Site(), worker.socket))


async def said(client: Client, code: str) -> str:
    session = await client.open()
    events = [event async for event in session.evaluate(code)]
    await session.close()
    return "".join(event.content.get("text", "") for event in events if isinstance(event, Output))


async def test_several_sessions_each_on_a_link_of_its_own(worker: RunningWorker) -> None:
    async with Client(route(worker)) as client, asyncio.timeout(30):
        assert client.welcome.environments == ["python"]
        one, two = await client.open(), await client.open()
        for session, value in ((one, 1), (two, 2)):
            events = [event async for event in session.evaluate(f"x = {value}")]
            assert isinstance(events[-1], Done) and events[-1].reason == "done"
        (output,) = [event async for event in one.evaluate("x") if isinstance(event, Output)]
        assert output.content["data"]["text/plain"] == "1"
        assert "print" in (await two.complete("pri", 3))["matches"]
        await one.close()
        await two.close()
        assert await said(client, "print('again')") == "again\n"


async def test_more_output_than_is_read_at_once(worker: RunningWorker) -> None:
    async with Client(route(worker)) as client, asyncio.timeout(60):
        code = "import sys\nfor i in range(300): display({'text/plain': 'x' * 20_000}, raw=True)"
        session = await client.open()
        count = 0
        async for event in session.evaluate(code):
            count += isinstance(event, Output)
            if count < 20:
                await asyncio.sleep(0.01)
        assert count == 300
        await session.close()


async def test_refusals_are_the_workers_own(worker: RunningWorker) -> None:
    async with Client(route(worker)) as client:
        with pytest.raises(ServiceError, match="environment 'nothing': is not known here"):
            await client.open("nothing")
    with pytest.raises(ServiceError, match="cannot be reached"):
        async with Client(WorkerRoute(Dialer(Site(), worker.socket.with_name("none.sock")))):
            pass


async def test_a_session_is_found_again_when_its_link_is_lost(worker: RunningWorker) -> None:
    states: list[str] = []
    async with Client(route(worker), on_state=states.append) as client, asyncio.timeout(30):
        session = await client.open()
        texts = []
        async for event in session.evaluate("import time\nfor i in range(20): print(i); time.sleep(0.05)"):
            if isinstance(event, Output):
                texts.append(event.content["text"])
                if len(texts) == 2:
                    # The line breaks under it.
                    for link in tuple(client._connection._links):  # type: ignore[union-attr]
                        link._transport.abort()
        assert "".join(texts).split() == [str(i) for i in range(20)]
        assert states == ["the connection is lost; trying to get it back", "the connection is back"]
        await session.close()


def test_run_over_tls_and_over_the_socket(worker: RunningWorker, tmp_path: Path) -> None:
    for address in (worker.listen, f"unix:{worker.socket}"):
        ran = sagews(tmp_path, "run", "-c", "print(6 * 7)", "--worker", address, "--data", str(worker.data))
        assert (ran.status, ran.stdout) == (0, "42\n"), ran.stderr
    ran = sagews(tmp_path, "run", "-c", "1/0", "--worker", worker.listen, "--data", str(worker.data))
    assert ran.status == 1 and "ZeroDivisionError" in ran.stderr


def test_what_is_wrong_is_said_in_one_line(worker: RunningWorker, tmp_path: Path) -> None:
    for arguments, status, words in (
        (["--worker", worker.listen, "--data", str(tmp_path)], 2, "sagews certificates"),
        (["--worker", "nowhere"], 2, "'nowhere' is not an address"),
        (["--worker", worker.listen, "--server", "http://localhost/"], 2, "both --server and --worker"),
        (["--worker", f"unix:{tmp_path}/none.sock"], 3, "cannot be reached"),
    ):
        ran = sagews(tmp_path, "run", "-c", "1", *arguments)
        assert ran.status == status and words in ran.stderr, ran.stderr
        assert len(ran.stderr.splitlines()) == 1


def test_a_console_at_a_worker(worker: RunningWorker, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "console", "--worker", worker.listen, "--data", str(worker.data))
    terminal.sees("Ctrl-D ends the session", "In [1]:")
    terminal.types("6 * 7\r")
    terminal.sees("Out[1]: 42", "In [2]:")
    terminal.types("import os; os._exit(3)\r")
    terminal.sees("exit status 3", "A new session is ready.", "In [1]:")
    terminal.types("\x04")
    status, shown = terminal.end()
    assert status == 0 and "Traceback" not in shown
