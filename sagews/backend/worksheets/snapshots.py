"""Worksheets saved into their files: when somebody asks, after quiet, and when a run has ended.

    edited, run_ended --> due --> save: turn, take what is outside, draft, commit if it is not as the file

A commit has as its author who wrote last. Of two backends that save the same
at once, the second one finds nothing to do. What a backend that died did not
save, another one does: each looks now and then for worksheets that have more
than their files.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from sagews.backend.worksheets.agreement import Agreement
from sagews.backend.worksheets.outside import Outside
from sagews.backend.workspaces.commit import Author, blob_id
from sagews.backend.workspaces.store import ChangedError
from sagews.database.worksheets import Worksheet
from sagews.errors import EpochError, LostRaceError, SagewsError, ServiceError

QUIET, LONGEST = 30.0, 300.0
"""Seconds after the last edit, and at most after the first one, until a worksheet is saved."""
AFTER_RUN = 5.0
"""Seconds after a run has ended, if no other one ends meanwhile."""
LOOK_SECONDS = 300.0
"""Between two looks for what others have left; it is saved when it is still so at the next one."""
AGAIN, SELDOM = 30.0, 21_600.0
"""Seconds after which it is tried again what could not be saved, at first; each time twice as many, and at most."""
MOST_FAILED = 10_000
"""Worksheets of which it is known here that they could not be saved."""
TRIES = 5
SOMEBODY = Author("somebody")

log = structlog.get_logger()


@dataclass(slots=True)
class _Due:
    """A worksheet that is to be saved."""

    author: Author | None
    """Who wrote last; None: nobody has since it was saved."""
    latest: float
    """When, at the latest, by the loop's clock."""
    at: float


class Snapshots:
    """Saves the worksheets of one backend, from `start` to `stop`."""

    def __init__(self, agreement: Agreement, outside: Outside, quiet: float = QUIET, longest: float = LONGEST) -> None:
        """`quiet`, `longest`: seconds, as QUIET and LONGEST."""
        self._of = agreement
        self._outside = outside
        self._quiet, self._longest = quiet, longest
        self._due: dict[str, _Due] = {}
        self._saving: set[asyncio.Task[None]] = set()
        self._left: dict[str, tuple[int, int]] = {}
        """Worksheets that had more than their files at the last look, and what was newest in them."""
        self._failed: dict[str, int] = {}
        """Those that could not be saved, and how often in a row."""
        self.on_standing: Callable[[], None] = lambda: None
        """Is called when one could not be saved, or could after that."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for what others have left."""
        self._task = asyncio.create_task(self._look_now_and_then())

    async def stop(self) -> None:
        """End. What is not saved yet is in the database, and others save it."""
        for task in (self._task, *self._saving):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def edited(self, worksheet: str, author: Author) -> None:
        """Hear that somebody has written in a worksheet: it is saved after quiet."""
        # What could not be saved is not tried again with each edit.
        self._plan(worksheet, author, max(self._quiet, self._pause(worksheet)))

    def run_ended(self, worksheet: str) -> None:
        """Hear that a run has ended: it is saved soon, in the name of who wrote last."""
        self._plan(worksheet, None, max(min(AFTER_RUN, self._quiet), self._pause(worksheet)))

    async def save(self, worksheet: Worksheet, author: Author, message: str = "") -> str:
        """Save a worksheet at once, and return the version that has it; none is made if that is the newest.

        Raises WorkspaceError if it cannot be saved so, EpochError if the
        worksheet is gone, WorksheetError if something else is in the place of
        its file, ServiceError, LostRaceError.
        """
        workspace = worksheet.workspace
        async with self._of.turn(workspace):
            for _ in range(TRIES):
                await self._outside.take_in_turn(workspace, only=worksheet.id)
                known = await self._of.worksheets.get(worksheet.id)
                if known is None:
                    raise EpochError("is not there any more", f"worksheet {worksheet.path}", "look at its workspace")
                with suppress(ChangedError):
                    version = await self._save(known, author, message or f"Worksheet {known.path}")
                    if self._failed.pop(worksheet.id, 0):
                        self.on_standing()
                    return version
        raise LostRaceError("others were faster each time", f"workspace {workspace}", "save again")

    # ---------------------------------------------------------------- within

    async def _save(self, worksheet: Worksheet, author: Author, message: str) -> str:
        head = await self._of.store.head(worksheet.workspace)
        files = {} if head is None else await self._of.store.files(worksheet.workspace, head)
        there = files.get(worksheet.path)
        base = await self._of.base(worksheet)
        if there is not None and there.oid not in (base.content, base.refused):
            raise ChangedError("was changed meanwhile", f"worksheet {worksheet.path}", "save again")
        draft = await self._of.draft(worksheet, base)
        content = await asyncio.to_thread(blob_id, draft.data)
        if head is not None and content == base.content and there is not None:
            # One that is no worksheet stays there for as long as nobody writes in the worksheet.
            if there.oid == content:
                await self._of.agree(worksheet.id, content, head, draft)
            else:
                await self._of.known(worksheet.id, draft)
            return head
        saved = await self._of.store.save(
            worksheet.workspace,
            {worksheet.path: draft.data},
            base=head,
            author=author,
            message=message,
            strict=True,
            also=self._of.agreeing(worksheet.id, content, draft),
        )
        if saved.commit == head:
            # Somebody has put there just what was to be saved.
            await self._of.agree(worksheet.id, content, head, draft)
        return saved.commit

    def _plan(self, worksheet: str, author: Author | None, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        due = self._due.get(worksheet)
        if due is None:
            due = self._due[worksheet] = _Due(author, now + max(self._longest, seconds), now + seconds)
            task = asyncio.create_task(self._save_when_due(worksheet, due))
            self._saving.add(task)
            task.add_done_callback(self._saving.discard)
        due.author, due.at = author or due.author, min(due.latest, now + seconds)

    async def _save_when_due(self, worksheet: str, due: _Due) -> None:
        loop = asyncio.get_running_loop()
        # Should this backend die, another one saves in their name.
        noted = await self._note(worksheet, due.author)
        while (left := due.at - loop.time()) > 0:  # noqa: ASYNC110  # it moves while this sleeps
            await asyncio.sleep(left)
        # What is written from now on may not be in it.
        self._due.pop(worksheet, None)
        if due.author != noted:
            await self._note(worksheet, due.author)
        try:
            await self._save_by_name(worksheet, due.author)
        except (ServiceError, LostRaceError) as error:
            # Perhaps it is not the worksheet's fault.
            log.info("worksheet not saved yet", worksheet=worksheet, error=str(error))
            self._fail(worksheet)
            self._plan(worksheet, due.author, self._pause(worksheet))
        except EpochError as error:
            log.info("worksheet not saved", worksheet=worksheet, error=str(error))
        except Exception as error:
            is_known = isinstance(error, SagewsError)
            log.warning("worksheet not saved", worksheet=worksheet, error=str(error), exc_info=not is_known)
            self._fail(worksheet)
            why = str(error) if is_known else "a fault of the service; its log says more"
            with suppress(ServiceError):
                await self._of.files.failed(worksheet, why, self._pause(worksheet))
            self.on_standing()

    def _fail(self, worksheet: str) -> None:
        if len(self._failed) >= MOST_FAILED:
            self._failed.clear()
        self._failed[worksheet] = self._failed.get(worksheet, 0) + 1

    def _pause(self, worksheet: str) -> float:
        """Return for how long a worksheet is not saved by itself; 0 if it could be."""
        times = min(self._failed.get(worksheet, 0), 20)
        return min(SELDOM, AGAIN * 2.0 ** (times - 1)) if times else 0.0

    async def _note(self, worksheet: str, author: Author | None) -> Author | None:
        """Note who wrote last, and return them."""
        with suppress(ServiceError):
            if author is not None:
                await self._of.files.put(worksheet, editor=author.name, editor_account=author.email)
        return author

    async def _save_by_name(self, worksheet: str, author: Author | None) -> None:
        known = await self._of.worksheets.get(worksheet)
        if known is not None and author is None:
            file = await self._of.files.get(worksheet)
            author = Author(file.editor, file.editor_account) if file.editor else SOMEBODY
        if known is not None and author is not None:
            await self.save(known, author)

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except ServiceError as error:
                log.info("no look for what was not saved", error=str(error))
            except Exception:
                log.exception("no look for what was not saved")

    async def look(self) -> None:
        """Save what was not saved at the last look either, and nobody has written in since. Raises ServiceError."""
        unsaved = {name: newest for name, _, newest in await self._of.files.unsaved() if name not in self._due}
        left = [name for name, newest in unsaved.items() if self._left.get(name) == newest]
        self._left = unsaved
        for worksheet in left:
            self._plan(worksheet, None, 0.0)
