"""The files of worksheets' sessions: given at first, listed as far as they are new, fetched, saved, given anew.

    workspace --newest version--> session      `furnish`, before its first evaluation, and `update`
    session --what its code wrote--> workspace  `save`: one version, by the same way as an upload

Everything that a session says is its own word: a name, a size, a content. It
may say what it likes of its own files; what is saved is checked here as an
upload is, after it has come.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import structlog

from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.sessions import Sessions
from sagews.backend.transfer import Transfer
from sagews.backend.worksheets.choice import Choice, decoded
from sagews.backend.worksheets.giving import Giving, chosen, noted
from sagews.backend.worksheets.outside import Outside
from sagews.backend.workspaces.commit import Author, blob_id
from sagews.backend.workspaces.store import Store
from sagews.database.database import Database
from sagews.database.given_files import Given, GivenFile, GivenFiles
from sagews.database.worksheet_sessions import WorksheetSession, WorksheetSessions
from sagews.database.worksheets import Worksheet, Worksheets
from sagews.errors import ServiceError, WorkspaceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

KINDS = frozenset({"list_session_files", "get_session_file", "save_session_files", "update_session_files"})
"""Requests that are taken here; all are for editors."""
MOST_SCANNED = 20_000
"""Files that are looked at for one list."""
MOST_TOLD = 2000
"""Files that are told of in one list."""
MOST_NAMES = 1 << 20
"""Bytes of their paths."""
PATIENCE = 30.0
"""Seconds in which a session tells of its files; what comes later is cut."""
SAVES_AT_ONCE = 2
"""Saves whose files are in memory at once, of all that this backend has."""
TOLD_FROM, TOLD_FROM_BYTES = 50, 4 << 20
"""Files, and bytes of them, of which it is told that they are on their way."""

log = structlog.get_logger()


class SessionFiles:
    """What one backend does with them."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        store: Callable[[], Store],
        outside: Outside,
        most_file: int,
    ) -> None:
        """`outside` has worksheets told of what is saved; `most_file`: bytes of a session's file, 0: any number."""
        self._sessions = sessions
        self._store = store
        self._outside = outside
        self._most_file = most_file
        self._table = WorksheetSessions(database)
        self._worksheets = Worksheets(database)
        self._given = GivenFiles(database)
        self._saves = Turnstile(SAVES_AT_ONCE, each=1, patience=PATIENCE)

    async def furnish(self, row: WorksheetSession) -> None:
        """Give a session that is open the files of its workspace, unless it has them. Raises ServiceError.

        What cannot be given is noted, and told to who asks for the list; the session is of use without.
        """
        if await self._given.get(row.worksheet, row.name) is not None:
            return
        sheet = await self._worksheets.get(row.worksheet)
        if sheet is None:
            return
        try:
            given = await self._furnish(row, sheet)
        except (RefusedRequest, WorkspaceError) as error:
            log.info("session without the files of its workspace", worksheet=row.worksheet, error=str(error))
            given = Given(row.name, "", left=[("", f"No file was sent to the session: {error}.")])
        await self._given.put(row.worksheet, given)

    async def take(self, request: pb.Request, worksheet: str, *, reader: str, author: Author) -> pb.Event:
        """Do what an editor asks for, and return the answer. Raises RefusedRequest, SagewsError."""
        row = await self._table.get(worksheet)
        sheet = await self._worksheets.get(worksheet)
        if row is None or sheet is None or not row.session or not row.token:
            hint = "evaluate a cell: that opens one"
            raise RefusedRequest(pb.FAILURE_CODE_UNKNOWN_SESSION, "has no session now", "worksheet", hint)
        given = await self._given.get(worksheet, row.name) or Given(row.name, "")
        match request.WhichOneof("kind"):
            case "get_session_file":
                return await self._get(request.get_session_file, row, reader)
            case "save_session_files":
                async with self._saves.one(reader):
                    return await self._save(request.save_session_files, row, sheet, given, reader, author)
            case "update_session_files":
                kept = await self._update(request.update_session_files, row, sheet, given, reader)
                given = await self._given.get(worksheet, row.name) or given
            case _:
                kept = []
        event = await self._list(row, sheet, given, reader)
        event.session_files.kept.extend(kept)
        return event

    # ----------------------------------------------------------------- in

    async def _furnish(self, row: WorksheetSession, sheet: Worksheet) -> Given:
        store = self._store()
        head = await store.head(sheet.workspace)
        files = {} if head is None else await store.files(sheet.workspace, head)
        mine, left = await asyncio.to_thread(chosen, files, sheet.path, self._most_file)
        is_long = len(mine) >= TOLD_FROM or sum(file.size for file in mine.values()) >= TOLD_FROM_BYTES
        if is_long:
            await self._table.say(row.worksheet, row.name, f"Sending {len(mine):,} files…")
        try:
            async with self._transfer(row, row.account) as transfer:
                giving = Giving(store, sheet.workspace, transfer)
                await giving.give(mine, {}, {}, sheet.path.rpartition("/")[0])
        finally:
            if is_long:
                await self._table.say(row.worksheet, row.name, "")
        return noted(row.name, head or "", mine, giving.refused, left)

    async def _update(
        self, asked: pb.UpdateSessionFiles, row: WorksheetSession, sheet: Worksheet, given: Given, reader: str
    ) -> list[bytes]:
        """Give a session the newest files; return the paths of those that its code has changed, and so stay."""
        store = self._store()
        head = await store.head(sheet.workspace)
        files = {} if head is None else await store.files(sheet.workspace, head)
        mine, left = await asyncio.to_thread(chosen, files, sheet.path, self._most_file)
        replaced = {decoded(path) for path in asked.replaced}
        async with self._transfer(row, reader) as transfer:
            there, cut = await self._scanned(transfer)
            if cut:
                what, hint = "has too many files to be compared", "remove some of them"
                raise RefusedRequest(pb.FAILURE_CODE_TOO_LARGE, what, "session", hint)
            new, before, kept = {}, {}, []
            for path, file in mine.items():
                found = there.get(path.encode())
                now = found.content.hex() if found is not None else ""
                known = given.files.get(path)
                if file.oid == now or (known is not None and known.oid == file.oid):
                    continue  # It has it, or the code has changed what is new nowhere.
                is_untouched = now == (known.oid if known is not None else "") and (found is None or bool(now))
                if is_untouched or (path in replaced and now):
                    new[path], before[path] = file, now
                else:
                    kept.append(path)
            gone = {
                path: each.oid
                for path, each in given.files.items()
                if path not in files and (path.encode() in there) and there[path.encode()].content.hex() == each.oid
            }
            giving = Giving(store, sheet.workspace, transfer)
            await giving.give(new, before, gone, None)
        after = Given(row.name, head or "", dict(given.files), [*giving.refused.items(), *left])
        for path, file in mine.items():
            if path not in kept and path not in giving.refused:
                after.files[path] = GivenFile(file.oid, head or "")
        for path in gone:
            after.files.pop(path, None)
        await self._given.put(row.worksheet, after)
        return [path.encode() for path in kept]

    # ---------------------------------------------------------------- out

    async def _scanned(self, transfer: Transfer) -> tuple[dict[bytes, pb.ScannedFile], bool]:
        """Return what a session has, and whether that is not all."""
        found: dict[bytes, pb.ScannedFile] = {}
        after, until = b"", time.monotonic() + PATIENCE
        while True:
            scanned = await transfer.scan(after)
            found |= {each.path: each for each in scanned.files}
            if not scanned.more or not scanned.files:
                return found, False
            after = scanned.files[-1].path
            if len(found) >= MOST_SCANNED or time.monotonic() > until:
                return found, True

    async def _list(self, row: WorksheetSession, sheet: Worksheet, given: Given, reader: str) -> pb.Event:
        async with self._transfer(row, reader) as transfer:
            there, cut = await self._scanned(transfer)
        head = await self._store().head(sheet.workspace)
        event = pb.Event()
        said = event.session_files
        said.worksheet, said.given, said.newer = row.worksheet, len(given.files), head != (given.version or None)
        said.left.extend(pb.FileFault(path=path.encode("utf-8", "replace"), what=why) for path, why in given.left)
        choice = Choice(sheet.path, {})
        size = 0
        gone = set() if cut else {path.encode() for path in given.files} - there.keys()
        for path in sorted(there.keys() | gone):
            file = there.get(path)
            known = _known(given, path)
            if file is not None and known is not None and file.content.hex() == known.oid:
                continue
            size += len(path)
            if len(said.files) >= MOST_TOLD or size > MOST_NAMES:
                cut = True
                break
            state = "deleted" if file is None else "new" if known is None else "changed"
            refused = choice.refusal(path, file)
            said.files.add(path=path, state=state, size=file.size if file is not None else 0, refused=refused)
        said.cut = cut
        return event

    async def _get(self, asked: pb.GetSessionFile, row: WorksheetSession, reader: str) -> pb.Event:
        async with self._transfer(row, reader) as transfer:
            piece = await transfer.get(asked.path, asked.offset, asked.version)
        event = pb.Event()
        said = event.session_file_piece
        said.worksheet, said.piece, said.size, said.version = row.worksheet, piece.piece, piece.size, piece.version
        return event

    async def _save(
        self,
        asked: pb.SaveSessionFiles,
        row: WorksheetSession,
        sheet: Worksheet,
        given: Given,
        reader: str,
        author: Author,
    ) -> pb.Event:
        event = pb.Event()
        said = event.session_files_saved
        said.worksheet = row.worksheet
        store = self._store()
        head = await store.head(sheet.workspace)
        choice = Choice(sheet.path, {} if head is None else await store.files(sheet.workspace, head))
        changes: dict[str, dict[str, bytes | None]] = defaultdict(dict)
        async with self._transfer(row, reader) as transfer:
            there, cut = await self._scanned(transfer)
            for path in sorted(set(asked.paths)):
                file, known = there.get(path), _known(given, path)
                why = "is not known of the session" if file is None and (cut or known is None) else ""
                content: bytes | None = None
                if not (why := why or choice.taken(path, file)) and file is not None:
                    try:
                        content = await _whole(transfer, path, file.size)
                    except RefusedRequest as refused:
                        if refused.code == pb.FAILURE_CODE_UNKNOWN_SESSION:
                            raise
                        why = refused.what
                if why:
                    said.refused.add(path=path, what=why)
                    continue
                changes[known.version if known is not None else given.version][decoded(path)] = content
        # Most often all of it was given of one version, and is one again.
        for version, those in sorted(changes.items()):
            message = f"Save {len(those)} file{'s' * (len(those) != 1)} of the session of {sheet.path}"
            saved = await store.save(sheet.workspace, those, base=version or None, author=author, message=message)
            said.saved += len(those) - len(saved.copies) - len(saved.left)
            places = {place: saved.copies.get(place, "") for place in (*saved.copies, *saved.left)}
            for place, copy in places.items():
                said.conflicts.add(path=place.encode(), what=copy)
            await self._note(row.worksheet, given, those, saved.commit, set(places))
            await self._outside.after(sheet.workspace)
        return event

    async def _note(
        self, worksheet: str, given: Given, saved: Mapping[str, bytes | None], version: str, but: set[str]
    ) -> None:
        """Note that a session has what was saved: it is new no more. Without, nothing is lost: it is saved again."""
        for path, content in saved.items():
            if path in but:
                continue
            if content is None:
                given.files.pop(path, None)
            else:
                given.files[path] = GivenFile(await asyncio.to_thread(blob_id, content), version)
        try:
            await self._given.put(worksheet, given)
        except ServiceError as error:
            log.info("files that were saved not noted", worksheet=worksheet, error=str(error))

    def _transfer(self, row: WorksheetSession, reader: str) -> AbstractAsyncContextManager[Transfer]:
        return Transfer.begun(self._sessions, row.session, row.token, reader)


def _known(given: Given, path: bytes) -> GivenFile | None:
    return given.files.get(decoded(path))


async def _whole(transfer: Transfer, path: bytes, size: int) -> bytes:
    """Return a file of this size. Raises RefusedRequest if it is another one by now."""
    content, version = bytearray(), b""
    while True:
        piece = await transfer.get(path, len(content), version)
        content += piece.piece
        version = piece.version
        if piece.size != size or len(content) > size or (not piece.piece and len(content) < size):
            what, hint = "changed while it was read", "try again when nothing writes to it"
            raise RefusedRequest(pb.FAILURE_CODE_FILE_CHANGED, what, "file", hint)
        if len(content) == size:
            return bytes(content)
