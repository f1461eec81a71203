"""Opens worksheets by the path of their file: found in the tables, or made of the file, once."""

import asyncio

from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.worksheets.importing import imported
from sagews.backend.worksheets.room import Room
from sagews.backend.worksheets.rooms import Rooms
from sagews.backend.workspaces import policy
from sagews.backend.workspaces.kinds import kind_of
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.worksheet_files import WorksheetFiles, ids_of
from sagews.database.worksheets import Worksheet, Worksheets
from sagews.errors import EpochError, FormatError, WorksheetError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

AT_ONCE = 2
"""Files that are made into worksheets at once: each is in memory several times meanwhile."""
PATIENCE = 60.0
"""Seconds that somebody waits for that."""


class Opening:
    """Opens the rooms of worksheets."""

    def __init__(self, shelf: Shelf, worksheets: Worksheets, rooms: Rooms, files: WorksheetFiles) -> None:
        self._shelf = shelf
        self._worksheets = worksheets
        self._rooms = rooms
        self._files = files
        self._at_once = Turnstile(AT_ONCE, each=1, patience=PATIENCE)

    async def room(self, workspace: str, path: str, whose: str) -> Room:
        """Return the room of the worksheet that a file is; `whose`: who asks for it.

        Raises RefusedRequest if the file is not there or is none; ServiceError, Refusal if there is no room now.
        """
        policy.check_path(path)
        worksheet = await self._worksheets.at(workspace, path)
        for _ in range(2):
            if worksheet is None:
                worksheet = await self._made(workspace, path, whose)
            try:
                return await self._rooms.open(worksheet.id)
            except EpochError:
                # It was deleted in this moment.
                worksheet = None
        raise RefusedRequest(pb.FAILURE_CODE_UNKNOWN_WORKSHEET, "is gone", policy.shown(path), "open it anew")

    async def _made(self, workspace: str, path: str, whose: str) -> Worksheet:
        async with self._at_once.one(whose):
            # Others may have waited for the same.
            if (known := await self._worksheets.at(workspace, path)) is not None:
                return known
            store, noun = self._shelf.store, policy.shown(path)
            version = await store.head(workspace)
            files = {} if version is None else await store.files(workspace, version)
            if (file := files.get(path)) is None:
                hint = "look at the list of files"
                raise RefusedRequest(pb.FAILURE_CODE_UNKNOWN_FILE, "is not in the workspace", noun, hint)
            if kind_of(path, file) != "worksheet":
                hint = "open one whose name ends in .ipynb"
                raise RefusedRequest(pb.FAILURE_CODE_UNUSABLE_FILE, "is no worksheet", noun, hint)
            data = await store.read(workspace, path, version)
            try:
                made = await asyncio.to_thread(imported, data)
            except (FormatError, WorksheetError) as error:
                cause = f"{error.noun} {error.what}" if error.noun else error.what
                hint = error.hint if isinstance(error, FormatError) else ""
                code = pb.FAILURE_CODE_UNUSABLE_FILE
                raise RefusedRequest(
                    code, f"cannot be opened: {cause}", noun, hint or "mend it, and save it again"
                ) from error
            worksheet = await self._worksheets.add(workspace, path, made.base, file.oid, made.shown)
            # Should its file move before it is saved, it is known from an older copy.
            await self._files.put(worksheet.id, content=file.oid, version=version, ids=ids_of(file.oid))
            return worksheet
