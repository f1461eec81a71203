"""Makes workspaces of repositories of other sites.

All that comes goes into a folder of its own, is looked at like a bundle or a
push, and is gone with it unless all of it may be a workspace. Who goes away
meanwhile, or is too slow, ends it: nothing runs on, nothing stays.
"""

import asyncio
from pathlib import Path

from sagews.backend.cloning.address import Place, place_of
from sagews.backend.cloning.remote import Remote
from sagews.backend.workspaces.shelf import Shelf
from sagews.config.imports import Imports
from sagews.database.packs import MOST_PACKED
from sagews.errors import WorkspaceError


class Cloning:
    """Makes them, for one backend."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._imports: Imports = shelf.imports

    @property
    def hosts(self) -> list[str]:
        """From which hosts something may be fetched; none: the site has none made."""
        return list(self._imports.clone_from)

    async def make(self, name: str, address: str, account: str) -> str:
        """Return a new workspace with the history of a repository's main branch.

        Raises WorkspaceError, which says why, if it may not be one, cannot be fetched, or takes too long.
        """
        place = place_of(address, self._imports.clone_from)
        try:
            async with asyncio.timeout(self._imports.clone_seconds):
                return await self._make(name, place, account)
        except TimeoutError as error:
            seconds = f"{self._imports.clone_seconds:g}"
            raise WorkspaceError(
                f"was not fetched and checked within {seconds} seconds", "git address", "import a bundle of it"
            ) from error

    # ---------------------------------------------------------------- within

    async def _make(self, name: str, place: Place, account: str) -> str:
        most = await self._shelf.storage.room(account)
        if most is not None and most <= 0:
            raise WorkspaceError(
                "take up all that they may", "workspaces of this account", "delete one for good, or ask an operator"
            )
        most = MOST_PACKED if most is None else min(most, MOST_PACKED)
        with self._shelf.copies.scratch() as folder:
            pack = folder / "fetched.pack"
            head = await self._fetch(place, pack, most)
            return await self._shelf.making.of_pack(pack, head, name, account)

    async def _fetch(self, place: Place, pack: Path, most: int) -> str:
        with pack.open("wb") as file:
            return await Remote(place, self._imports.clone_authorities).fetch(file, most)
