"""On whose behalf an update of a worksheet comes, and whether anything may be added there by them."""

from dataclasses import dataclass

from sagews.database.storage import Storage


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody may who edits."""

    whose: str = ""
    """As whom they count where places are few; empty: the server itself."""
    workspace: str = ""
    storage: Storage | None = None
    """Where it is asked whether its owner has room; None: what is added was counted before, as in a file."""

    async def check(self) -> None:
        """Raise NoSpaceError if the owner of the workspace has no room for anything more, ServiceError."""
        if self.storage is not None:
            await self.storage.check(self.workspace)
