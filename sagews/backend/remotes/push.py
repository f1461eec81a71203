"""Answers who pushes: what came of each ref, once it is durable.

The whole body comes into a file first, so that nobody slow holds a place of
git. What it wants of which ref is read here, the pack by git (`receiving.py`).
While that is at work the client hears every five seconds that it is. Only the
one branch can be pushed, forward; all that a push wants is done, or nothing.
"""

import asyncio
from contextlib import suppress
from functools import partial
from typing import BinaryIO

import structlog
from aiohttp import web

from sagews.backend.api.workspaces.door import Door
from sagews.backend.api.workspaces.turnstile import Turnstile
from sagews.backend.api.workspaces.upload import PIECE_DEADLINE, read_into
from sagews.backend.reader import reader_of
from sagews.backend.refusal import Refusal
from sagews.backend.remotes.entry import enter
from sagews.backend.remotes.fetch import pieces_of
from sagews.backend.workspaces.pkt_lines import KEEP_ALIVE, Push, advertisement, read_push, report
from sagews.backend.workspaces.receiving import Pushed
from sagews.backend.workspaces.shelf import Shelf
from sagews.backend.workspaces.store import BRANCH
from sagews.database.members import Role
from sagews.database.packs import MOST_PACKED, TO_DELETE
from sagews.errors import LostRaceError, SagewsError, WorkspaceError

SERVICE = "git-receive-pack"
MOST_PUSHED = MOST_PACKED
"""Bytes of a push: a workspace cannot have more."""
AT_ONCE = 4
"""Pushes at once, one of an account."""
SIGN_OF_LIFE = 5.0
"""Seconds between two of them."""
MAIN = BRANCH.removeprefix("refs/heads/")

log = structlog.get_logger()


class Pushing:
    """Answers who pushes."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door
        self._turnstile = Turnstile(AT_ONCE, each=1)

    async def advertise(self, workspace: str) -> bytes:
        """Return what a client is told first."""
        return advertisement((await self._shelf.packs.contents(workspace)).refs)

    async def answer(self, request: web.Request, workspace: str, owner: str) -> web.StreamResponse:
        """Take a push in, and say what came of it; `owner`: the account by whose quota it counts."""
        room = await self._shelf.storage.room(owner)
        # What makes the files smaller may be a bit more than there is room for.
        most = MOST_PUSHED if room is None else min(MOST_PUSHED, room + TO_DELETE)
        response = web.StreamResponse(headers={"Content-Type": f"application/x-{SERVICE}-result"})
        async with self._turnstile.one(reader_of(request).name):
            with self._shelf.copies.scratch() as folder, (folder / "pushed").open("w+b") as body:
                await read_into(request, body, most, "push")
                # The right may have been taken away while it was on its way.
                await enter(self._door, Role.EDITOR, request)
                body.seek(0)
                push = await asyncio.to_thread(read_push, body)
                await response.prepare(request)
                if push is not None:
                    await _write(response, await self._answered(request, response, workspace, push, body))
        await response.write_eof()
        return response

    # ---------------------------------------------------------------- within

    async def _answered(
        self, request: web.Request, response: web.StreamResponse, workspace: str, push: Push, body: BinaryIO
    ) -> bytes:
        """Return the report, and say meanwhile that somebody is at work."""
        receiving = asyncio.create_task(self._receive(request, workspace, push, body))
        try:
            while not (await asyncio.wait({receiving}, timeout=SIGN_OF_LIFE))[0]:
                if push.is_divided:
                    await _write(response, KEEP_ALIVE)
            return receiving.result()
        finally:
            receiving.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait({receiving})

    async def _receive(self, request: web.Request, workspace: str, push: Push, body: BinaryIO) -> bytes:
        if reasons := _refused(push):
            return report(push, reasons, f"A workspace takes pushes of the branch {MAIN} alone, and forward.")
        (command,) = push.commands
        assert command.new is not None
        account = reader_of(request).account
        pushed = Pushed(workspace, command.old, command.new, account, partial(self._still_may, request))
        try:
            await self._shelf.receiving.receive(pushed, pieces_of(body))
        except LostRaceError as error:
            return report(push, {command.ref: "fetch first"}, str(error))
        except SagewsError as error:
            return report(push, {command.ref: f"{error.noun} {error.what}"}, str(error))
        except Exception:
            log.exception("push failed", workspace=workspace)
            return report(push, {command.ref: "the service has a fault; its log says which"})
        return report(push, {})

    async def _still_may(self, request: web.Request) -> None:
        """Raise WorkspaceError if whoever pushes may do so no more."""
        try:
            await enter(self._door, Role.EDITOR, request)
        except Refusal as error:
            what = "takes nothing from you any more: your right to push was taken away while this was on its way"
            raise WorkspaceError(what, "workspace", "ask an owner of it") from error


def _refused(push: Push) -> dict[str, str]:
    """Return why refs cannot be pushed, of all if of one."""
    reasons = {}
    for command in push.commands:
        if command.ref != BRANCH:
            reasons[command.ref] = f"only the branch {MAIN} can be pushed: git push origin HEAD:{MAIN}"
        elif command.new is None:
            reasons[command.ref] = f"the branch {MAIN} cannot be deleted"
    others = {command.ref: "not taken, as another ref of this push is refused" for command in push.commands}
    return others | reasons if reasons else {}


async def _write(response: web.StreamResponse, data: bytes) -> None:
    try:
        async with asyncio.timeout(PIECE_DEADLINE):
            await response.write(data)
    except TimeoutError as error:
        raise ConnectionResetError("not taken in time") from error
