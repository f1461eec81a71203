"""The page's own half (`web/src/worksheets/sync.ts`) with a real backend: Yjs and pycrdt have the same."""

import asyncio
import contextlib
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.site.api_end import Caller, Json
from tests.site.client_end import connected
from tests.site.worksheets.editor import DEADLINE, Editor
from tests.site.workspaces.house import Person

SCRIPT = Path(__file__).parents[3] / "web/test/page-process.mjs"
LONGEST_LINE = 64 << 20
pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no node"),
    pytest.mark.parametrize("study", ["postgresql"], indirect=True),
]


class Page:
    """The process of a page, and its connection."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._client: aiohttp.ClientWebSocketResponse | None = None
        self._looks: dict[int, asyncio.Future[Json]] = {}
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def at(self, caller: Caller) -> AsyncIterator[None]:
        """Have its connection open at a backend."""
        async with connected(caller.base + "/", headers=dict(caller.http.headers)) as client:
            self._client = client.socket
            await self.do(line="open")
            hearing = asyncio.create_task(self._hear(client.socket))
            try:
                yield
            finally:
                self._client = None
                hearing.cancel()
                await asyncio.wait([hearing])
                await self.do(line="lost")

    async def do(self, **what: object) -> None:
        """Have something done."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        await self._process.stdin.drain()

    async def look(self) -> Json:
        """Return what the page has."""
        number = next(self._numbers)
        looked = self._looks[number] = asyncio.get_running_loop().create_future()
        await self.do(look=number)
        return await looked

    async def until(self, what: Callable[[Json], object]) -> Json:
        """Return what the page has when something is so."""
        async with asyncio.timeout(3 * DEADLINE):
            while not what(known := await self.look()):
                await asyncio.sleep(0.05)
            return known

    async def read(self) -> None:
        """Carry what it says, to its end."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "page" in said:
                self._looks.pop(said["page"]["number"]).set_result(said["page"])
            elif self._client is not None:
                with contextlib.suppress(ConnectionError):
                    await self._client.send_str(json.dumps(said["request"]))

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            event = json.loads(message.data)
            if event["kind"] != "heartbeat":
                await self.do(event=event)


@asynccontextmanager
async def page(workspace: str, path: str) -> AsyncIterator[Page]:
    place = json.dumps({"workspace": workspace.strip("/"), "path": path, "link": ""})
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), place, stdin=pipe, stdout=pipe, limit=LONGEST_LINE
    )
    one = Page(process)
    reading = asyncio.create_task(one.read())
    try:
        yield one
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(DEADLINE):
                await process.wait()
                await reading
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0


async def test_a_page_and_a_program_have_the_same(owner: Person, other: Person, workspace: str) -> None:
    two = Editor(workspace, "a.ipynb")
    async with page(workspace, "a.ipynb") as one, two.at(other.two):
        async with one.at(owner.one):
            known = await one.until(lambda page: page["state"] == "open")
            assert known["role"] == "owner" and known["sources"] == two.sources
            typed = "λ你😀ﬁ" * 25
            await one.do(type={"cell": 0, "text": typed})
            two.write(1, 0, "👩‍👩‍👧‍👦")
            await two.send_all()
            await two.until(lambda: typed in two.sources[0])
            await one.until(lambda page: page["sources"] == two.sources and page["unacknowledged"] == 0)
        known = await one.look()
        assert known["state"] == "offline"
        await one.do(type={"cell": 2, "text": " offline"})
        await one.do(erase={"cell": 0})
        two.write(2, 0, "meanwhile ")
        await two.send_all()
        known = await one.until(lambda page: page["unacknowledged"] > 0)
        assert known["sources"][1] == "数学 😀 offline"
        # It comes back to another backend.
        async with one.at(owner.two):
            await one.until(lambda page: page["state"] == "open" and page["unacknowledged"] == 0)
            await two.until(lambda: len(two.sources) == 2)
            await one.until(lambda page: page["sources"] == two.sources)
            assert two.sources[1] == "meanwhile 数学 😀 offline"


async def test_much_at_once_is_sent_in_pieces(owner: Person, workspace: str) -> None:
    two = Editor(workspace, "a.ipynb")
    sources = [f"{number} 😀 " * 300 for number in range(1500)]
    async with page(workspace, "a.ipynb") as one, one.at(owner.one), two.at(owner.two):
        await one.until(lambda page: page["state"] == "open")
        await one.do(paste={"sources": sources})
        known = await one.until(lambda page: page["unacknowledged"] == 0)
        assert known["state"] == "open" and known["trouble"] == ""
        await two.until(lambda: len(two.cells) == 3 + len(sources))
        assert two.sources[3:] == sources
