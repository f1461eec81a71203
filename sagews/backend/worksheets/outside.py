"""What is changed in the files of a workspace by other ways than its open worksheets: brought into these.

A save over the API, an upload, a push, an older version that is restored: after
each, `take` compares the newest files with those with which the worksheets
were in agreement last, and brings in what is new as an ordinary edit
(`merging.py`). Nothing depends on who calls it, how often, or whether somebody
died before: it looks at what is there. One at a time does it for a workspace,
over all backends, in a turn.

    read, match, merge, try --> decide: outputs and updates kept, at once --> send updates --> agree

Before it is decided nothing is done, and what cannot be done whole is refused;
after that whoever comes next does the rest of it (`database/merges.py`).

What is no notebook any more, or cannot be a worksheet, is not brought in: the
worksheet stays as it is, and why is told. A file that is gone ends its
worksheet, after what was in no file yet has become one version more; one that
is somewhere else now takes its worksheet along.
"""

import asyncio
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog

from sagews.backend.formats.notebook import read
from sagews.backend.worksheets.agreement import Agreement, Base, values_in
from sagews.backend.worksheets.brought import brought
from sagews.backend.worksheets.contents import contents
from sagews.backend.worksheets.document import made
from sagews.backend.worksheets.ledger import MOST_STORED
from sagews.backend.worksheets.matching import matched, names_of
from sagews.backend.worksheets.merging import updates
from sagews.backend.worksheets.notebooks import values_of
from sagews.backend.worksheets.trial import Trial
from sagews.backend.worksheets.values import WorksheetValues
from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.merge import File
from sagews.database.merges import Merge, Shown
from sagews.database.updates import NewUpdate
from sagews.database.worksheet_files import ids_of
from sagews.database.worksheets import Worksheet
from sagews.errors import EpochError, FormatError, ServiceError, WorksheetError, WorkspaceError

SUFFIX = ".ipynb"
SENDER = "server-"
"""What the sender of such an edit begins with."""
TRIES = 3

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not brought into its worksheet, which stays as it is."""

    path: str
    why: str


class Outside:
    """Brings files into worksheets."""

    def __init__(self, agreement: Agreement) -> None:
        self._of = agreement

    async def take(self, workspace: str) -> list[Refused]:
        """Bring the newest files of a workspace into its worksheets; return which could not be.

        No page need be open. Raises ServiceError while the database is away,
        LostRaceError if others do the same for too long; done again, by
        anybody, it goes on.
        """
        if not await self._of.worksheets.of_workspace(workspace):
            return []
        async with self._of.turn(workspace):
            return await self.take_in_turn(workspace)

    async def after(self, workspace: str) -> list[Refused]:
        """Do the same after a save that is durable: what fails is logged, and done before the next snapshot."""
        try:
            return await self.take(workspace)
        except (ServiceError, WorkspaceError, WorksheetError) as error:
            log.warning("files not brought into worksheets", workspace=workspace, error=str(error))
            return []

    async def take_in_turn(self, workspace: str, only: str | None = None) -> list[Refused]:
        """Do the same as who has the turn; `only`: for one worksheet, whose own errors are raised."""
        store = self._of.store
        head = await store.head(workspace)
        if head is None:
            return []
        files = await store.files(workspace, head)
        worksheets = await self._of.worksheets.of_workspace(workspace)
        places = {each.path for each in worksheets}
        begun = await self._of.merges.of_workspace(workspace)
        new = _New(self._of, workspace, files)
        refused: list[Refused] = []
        for worksheet in worksheets:
            if only is not None and worksheet.id != only:
                continue
            try:
                if worksheet.id in begun and (merge := await self._of.merges.of(worksheet.id)) is not None:
                    await self._finish(merge)
                if worksheet.path in files:
                    refused += await self._bring(worksheet, files[worksheet.path], head)
                else:
                    others = await new.since_agreement(worksheet) - places
                    places |= {await self._leave(worksheet, files, others, head)}
            except (FormatError, WorkspaceError, WorksheetError) as error:
                if only is not None:
                    raise
                # The others are brought in all the same.
                log.warning("file not brought into its worksheet", worksheet=worksheet.id, error=str(error))
                refused.append(Refused(worksheet.path, str(error)))
        return refused

    # ---------------------------------------------------------------- within

    async def _bring(self, worksheet: Worksheet, file: File, head: str) -> list[Refused]:
        known = await self._of.files.get(worksheet.id)
        if file.oid in (known.content or worksheet.imported_from, known.refused):
            return []
        base = await self._of.base(worksheet)
        try:
            merge, shown = await self._decided(worksheet, base, file.oid, head)
        except EpochError:
            # It is gone, or has another content, since: whoever did that has looked at the file.
            return []
        except (FormatError, WorkspaceError, WorksheetError) as error:
            log.info("file not brought into its worksheet", worksheet=worksheet.id, error=str(error))
            await self._of.files.put(worksheet.id, refused=file.oid, failure=str(error)[:500])
            return [Refused(worksheet.path, str(error))]
        with suppress(EpochError):
            # It may be another one's. Where there is no room for it, it is tried again when there is.
            await self._finish(await self._of.merges.begin(worksheet.workspace, merge, shown))
        return []

    async def _decided(
        self, worksheet: Worksheet, base: Base, content: str, version: str
    ) -> tuple[Merge, tuple[Shown, ...]]:
        """Return how a worksheet comes to have what is new in a file, and what it shows then; nothing is done yet."""
        data = await self._of.store.object(worksheet.workspace, content)
        room = await self._of.rooms.open(worksheet.id)
        await room.catch_up()
        epoch, stored, name = room.epoch, room.stored.since(), f"{content} {version}"
        found, names, shown = await asyncio.to_thread(_looked_at, stored, base, data, name, worksheet.id)
        sender = f"{SENDER}{secrets.token_hex(8)}"
        return Merge(worksheet.id, epoch, sender, content, version, ids_of(content, names), tuple(found)), shown

    async def _finish(self, merge: Merge) -> None:
        """Do what was decided, by oneself or another; what is done already, once more, which changes nothing."""
        try:
            room = await self._of.rooms.open(merge.worksheet)
            for number, payload in enumerate(merge.updates):
                await room.submit(NewUpdate(merge.sender, number, payload), merge.epoch)
        except EpochError:
            # What it was decided for is no more; what is there now is looked at anew.
            await self._of.merges.forget(merge)
            return
        except WorksheetError as error:
            # People have filled the worksheet since it was decided.
            await self._of.merges.drop(merge, str(error)[:500])
            raise
        await self._of.merges.end(merge)

    async def _leave(self, worksheet: Worksheet, files: Mapping[str, File], new: Collection[str], head: str) -> str:
        """Have a worksheet whose file is gone go where that is now, or end; return where it is."""
        base = await self._of.base(worksheet)
        if not base.content:
            # It never had a file.
            return worksheet.path
        moved = sorted(path for path in new if files[path].oid in (base.content, base.refused))
        if moved:
            await self._of.worksheets.move(worksheet.id, moved[0])
            await self._of.files.put(worksheet.id, version=head)
            return moved[0]
        for _ in range(TRIES):
            try:
                draft = await self._of.draft(worksheet, base)
            except EpochError:
                break
            if draft.data != base.data:
                head = await self._keep(worksheet, draft.data, head)
            if await self._of.worksheets.delete(worksheet.id, draft.seq):
                break
        return worksheet.path

    async def _keep(self, worksheet: Worksheet, data: bytes, head: str) -> str:
        """Make what a worksheet has that is deleted a version, and then delete it again; return the newest one."""
        author, path = Author("sagews"), worksheet.path
        said = f"What was written in {path} before it was deleted"
        store = self._of.store
        kept = await store.save(worksheet.workspace, {path: data}, base=head, author=author, message=said, strict=True)
        gone = await store.save(
            worksheet.workspace, {path: None}, base=kept.commit, author=author, message=f"Delete {path}", strict=True
        )
        return gone.commit


class _New:
    """Which files have come since a worksheet was in agreement with its own: to one of them that may have moved."""

    def __init__(self, agreement: Agreement, workspace: str, files: Mapping[str, File]) -> None:
        self._of = agreement
        self._workspace = workspace
        self._paths = {path for path in files if path.endswith(SUFFIX)}
        self._found: dict[str, set[str]] = {}
        """By the version of the agreement."""

    async def since_agreement(self, worksheet: Worksheet) -> set[str]:
        """Return their paths; none where no version of an agreement is known: an older copy is no place to move to."""
        version = (await self._of.files.get(worksheet.id)).version
        if not version:
            return set()
        if version not in self._found:
            try:
                old = set(await self._of.store.files(self._workspace, version))
            except WorkspaceError:
                old = self._paths
            self._found[version] = self._paths - old
        return self._found[version]


def _looked_at(
    stored: bytes, base: Base, data: bytes, name: str, worksheet: str
) -> tuple[list[bytes], tuple[str, ...], tuple[Shown, ...]]:
    """Return the updates, the ids of the file's cells in the worksheet, and what these show.

    Raises FormatError or WorksheetError, naming the cell, if it cannot be brought in whole.
    """
    as_read = read(data)
    now = values_in(stored)
    old = base.within(now.cells)
    before = WorksheetValues() if old is None else values_of(old)
    new = matched(as_read, now.cells if old is None else before.cells)
    wanted = values_of(new)
    made(wanted)
    found = updates(stored, before, wanted)
    if len(stored) + sum(map(len, found)) > MOST_STORED:
        raise WorksheetError("would be full with it", f"worksheet {worksheet}", "go on in another one")
    _try(stored, found)
    return found, names_of(new, as_read), brought(worksheet, name, new, old)


def _try(stored: bytes, found: list[bytes]) -> None:
    """Raise WorksheetError if one of these updates would be refused."""
    trial = Trial()
    try:
        trial.document.take_kept(stored)
        for update in found:
            one = contents(update)
            trial.check_room(one)
            trial.attempt(update, one)
    finally:
        trial.close()
