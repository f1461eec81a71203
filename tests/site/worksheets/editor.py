"""A page that has a worksheet open at a running backend: a document of pycrdt, and the messages of `sync.ts`."""

import asyncio
import base64
import io
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from pycrdt import Array, Doc, Map, Text

from sagews.backend.worksheets.text import delete, insert
from tests.site.api_end import Caller, Json
from tests.site.client_end import ClientEnd, connected
from tests.site.workspaces.house import Person
from tests.unit.backend.worksheets.writer import new_cell

DEADLINE = 15.0
"""Seconds in which anything must come."""


class Editor:
    """A document in one page. It may lose its connection, and go on with another one, elsewhere."""

    def __init__(self, where: str, path: str, link: str = "") -> None:
        self.place = {"workspace": where.strip("/"), "path": path, "link": link}
        self.sender = secrets.token_hex(8)
        self.doc: Doc[Any] = Doc()
        self.cells: Array[Any] = self.doc.get("cells", type=Array)
        self.meta: Map[Any] = self.doc.get("meta", type=Map)
        self.worksheet = self.epoch = self.role = ""
        self.people: list[Json] = []
        self.ended = ""
        self.events: list[Json] = []
        self.unacknowledged: list[bytes] = []
        self.clock = 0
        self._client: ClientEnd | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._pieces: list[bytes] = []
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._heard = asyncio.Event()
        self._theirs = False
        self._subscription = self.doc.observe(self._changed)

    # ------------------------------------------------------------- connection

    @asynccontextmanager
    async def at(self, caller: Caller) -> AsyncIterator["Editor"]:
        """Have it open at a backend, as somebody; what was written before is sent."""
        async with self.connection(caller):
            opened = await self.open()
            assert opened["kind"] == "worksheet_opened", opened
            await self.send_all()
            yield self

    @asynccontextmanager
    async def connection(self, caller: Caller) -> AsyncIterator["Editor"]:
        """Be connected, with nothing open."""
        async with connected(caller.base + "/", headers=dict(caller.http.headers)) as client:
            self._client = client
            self._hearing = asyncio.create_task(self._hear(client))
            try:
                yield self
            finally:
                self._client = None
                self._hearing.cancel()
                with suppress(asyncio.CancelledError):
                    await self._hearing
                for answer in self._answers.values():
                    answer.cancel()
                self._answers.clear()

    async def ask(self, kind: str, **fields: Any) -> Json:
        """Send a request, and return its answer."""
        assert self._client is not None
        identifier = await self._client.send(kind, **fields)
        answer = self._answers[identifier] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(DEADLINE):
            return await answer

    async def say(self, kind: str, **fields: Any) -> None:
        """Send a request that is not answered."""
        assert self._client is not None
        await self._client.send(kind, **fields)

    async def open(self, **fields: Any) -> Json:
        """Open it; return `worksheet_opened` or `failure`, when all pieces have come."""
        had = {"epoch": self.epoch, "state": to_base64(self.doc.get_state())} if self.epoch else {}
        answer = await self.ask("open_worksheet", **{**self.place, **had, **fields})
        if answer["kind"] == "worksheet_opened":
            self.worksheet, self.epoch, self.role = answer["worksheet"], answer["epoch"], answer["role"]
            self.ended = ""
            await self.until(lambda: not self._pieces)
        return answer

    async def edit(self, update: bytes, **fields: Any) -> Json:
        """Send an update, whatever it is, and return the answer."""
        self.clock += 1
        asked = {"worksheet": self.worksheet, "epoch": self.epoch, "sender": self.sender, "clock": self.clock}
        return await self.ask("edit_worksheet", **{**asked, "update": to_base64(update), **fields})

    async def send_all(self) -> None:
        """Send what is not acknowledged, one after the other."""
        while self.unacknowledged:
            answer = await self.edit(self.unacknowledged[0])
            if answer["kind"] == "failure" and answer["code"] == "missing_updates":
                answer = await self.edit(self.doc.get_update(base64.b64decode(answer["state"])))
            assert answer["kind"] == "worksheet_edited", answer
            self.unacknowledged.pop(0)

    async def until(self, what: Callable[[], object], deadline: float = DEADLINE) -> None:
        """Wait until something is so after what was heard."""
        async with asyncio.timeout(deadline):
            while not what():
                self._heard.clear()
                await self._heard.wait()

    # ---------------------------------------------------------------- writing

    @property
    def sources(self) -> list[str]:
        return [str(cell["source"]) for cell in self.cells]

    def source(self, number: int) -> Text:
        source: Text = self.cells[number]["source"]
        return source

    def write(self, number: int, offset: int, words: str) -> None:
        insert(self.source(number), offset, words)

    def erase(self, number: int, start: int, stop: int) -> None:
        delete(self.source(number), start, stop)

    def add_cell(self, source: str = "") -> None:
        self.cells.append(new_cell(secrets.token_hex(4), source))

    # ----------------------------------------------------------------- within

    def _changed(self, event: Any) -> None:
        if not self._theirs:
            self.unacknowledged.append(event.update)

    async def _hear(self, client: ClientEnd) -> None:
        while True:
            message = await client.socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            event: Json = json.loads(message.data)
            if event["kind"] in ("worksheet_opened", "worksheet_updates"):
                self._take(event)
            elif event["kind"] == "worksheet_presence" and event["worksheet"] == self.worksheet:
                told = {each["person"]: each for each in event["people"]}
                kept = [each for each in self.people if each["person"] not in event.get("gone", ())]
                if event.get("changes"):
                    told = {each["person"]: each for each in kept} | told
                self.people = list(told.values())
            elif event["kind"] == "worksheet_ended":
                self.ended = event["reason"]
            if event["kind"] != "heartbeat":
                self.events.append(event)
            if (answer := self._answers.pop(event.get("request", 0), None)) is not None:
                answer.set_result(event)
            self._heard.set()

    def _take(self, event: Json) -> None:
        self._pieces.append(base64.b64decode(event["update"]))
        if event["more"]:
            return
        update, self._pieces = b"".join(self._pieces), []
        self._theirs = True
        try:
            self.doc.apply_update(update)
        finally:
            self._theirs = False


async def put(person: Person, path: str, content: bytes, base: str = "") -> str:
    """Save a file on a version of its workspace; return the new one."""
    where, query = f"/api/v1/workspaces{path}", {"base": base}
    saved = await person.one.ask("PUT", where, 200, data=io.BytesIO(content), params=query)
    assert not saved["copies"], saved
    return str(saved["version"])


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def notebook(*sources: str, **more: Any) -> str:
    """Return the text of a notebook with code cells."""
    cells = [
        {
            "id": f"c{number}",
            "cell_type": "code",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})
