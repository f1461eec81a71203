"""Somebody who writes: a document of pycrdt in the place of a browser's, with what is not acknowledged yet."""

import asyncio
import secrets
from typing import Any

from pycrdt import Array, Doc, Map, Text

from sagews.backend.worksheets.room import MissingError, Room
from sagews.backend.worksheets.text import delete, insert
from sagews.database.updates import NewUpdate, Update
from sagews.errors import ServiceError


class Writer:
    """One browser's document. It may be cut off at any time, and go on at another room."""

    def __init__(self) -> None:
        self.sender = secrets.token_hex(8)
        self.doc: Doc[Any] = Doc()
        self.cells: Array[Any] = self.doc.get("cells", type=Array)
        self.meta: Map[Any] = self.doc.get("meta", type=Map)
        self.epoch: str | None = None
        self.unacknowledged: dict[int, NewUpdate] = {}
        self.acknowledged: list[NewUpdate] = []
        self.room: Room | None = None
        self._clock = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._theirs = False
        self._subscription = self.doc.observe(self._changed)

    def connect(self, room: Room) -> None:
        """Get what is new there, and send what is not acknowledged."""
        self.cut()
        lacking = room.join(self._told, self.epoch, self.doc.get_state())
        self.room, self.epoch = room, room.epoch
        self._apply(lacking.payload)
        self._apply(room.stored.since(lacking.state))
        for new in list(self.unacknowledged.values()):
            self._send(new)

    def cut(self) -> None:
        """Lose the connection, and every answer that is on its way."""
        if self.room is not None:
            self.room.leave(self._told)
        self.room = None
        for sending in self._sending:
            sending.cancel()
        self._sending.clear()

    async def settle(self) -> None:
        """Wait until all is acknowledged."""
        while self._sending:
            await asyncio.wait(self._sending)

    # ---------------------------------------------------------------- writing

    def source(self, number: int) -> Text:
        source: Text = self.cells[number]["source"]
        return source

    def write(self, number: int, offset: int, words: str) -> None:
        insert(self.source(number), offset, words)

    def erase(self, number: int, start: int, stop: int) -> None:
        delete(self.source(number), start, stop)

    def add_cell(self, number: int, source: str = "", name: str = "") -> None:
        self.cells.insert(number, new_cell(name or secrets.token_hex(4), source))

    def move_cell(self, number: int, to: int) -> None:
        with self.doc.transaction():
            cell = self.cells[number]
            copy = new_cell(cell["id"], str(cell["source"]))
            del self.cells[number]
            self.cells.insert(to, copy)

    # ----------------------------------------------------------------- within

    def _changed(self, event: Any) -> None:
        if not self._theirs:
            self._clock += 1
            new = NewUpdate(self.sender, self._clock, event.update)
            self.unacknowledged[new.clock] = new
            if self.room is not None:
                self._send(new)

    def _send(self, new: NewUpdate) -> None:
        assert self.room is not None
        sending = asyncio.create_task(self._keep(self.room, new))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _keep(self, room: Room, new: NewUpdate) -> None:
        try:
            await room.submit(new, room.epoch)
        except MissingError as error:
            whole = NewUpdate(self.sender, new.clock, self.doc.get_update(error.state))
            await room.submit(whole, room.epoch)
        except ServiceError:
            return
        self.unacknowledged.pop(new.clock, None)
        self.acknowledged.append(new)

    def _told(self, update: Update) -> None:
        if update.sender != self.sender:
            self._apply(update.payload)

    def _apply(self, payload: bytes) -> None:
        self._theirs = True
        try:
            self.doc.apply_update(payload)
        finally:
            self._theirs = False


def new_cell(name: str, source: str) -> Map[Any]:
    return Map({"id": name, "cell_type": "code", "source": Text(source), "metadata": Map()})
