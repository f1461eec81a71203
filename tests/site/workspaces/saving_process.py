"""A process that saves to the workspace `w` until it is killed: `saving_process.py FOLDER NAME MOMENT [URL]`.

The database is that of the address, whose password is in the environment, or a file in the folder.
MOMENT is where it kills itself: `before` it stages a pack, `between` that and
taking it in, `after` that; or `never`. Each commit that is durable is a line
of its output.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sagews.backend.workspaces.commit import Author
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.store import Store
from sagews.config.database import Database as Settings
from sagews.config.site import Site
from sagews.database.database import Database
from sagews.database.packs import Pack, Packs

AUTHOR = Author("Emmy")
PASSWORD = "TESTS_DATABASE_PASSWORD"
CONTENT = b"x" * 10_000


class Dying(Packs):
    """Packs whose process dies at its moment."""

    moment = "never"

    async def stage(self, *arguments: Any, **options: Any) -> Pack:
        self._die_at("before")
        return await super().stage(*arguments, **options)

    async def take(self, *arguments: Any, **options: Any) -> int:
        self._die_at("between")
        taken = await super().take(*arguments, **options)
        self._die_at("after")
        return taken

    def _die_at(self, moment: str) -> None:
        if self.moment == moment:
            os.kill(os.getpid(), signal.SIGKILL)


async def save_on_and_on(folder: Path, name: str, moment: str, url: str = "") -> None:
    site = Site(data_directory=str(folder / "data"), database=Settings(url=url))
    packs = Dying(Database(site, os.environ.get(PASSWORD, "")))
    packs.moment = moment
    store = Store(folder / f"cache-{name}", packs, Git())
    head = await store.head("w")
    for number in range(1_000_000):
        changes = {name: b"%d" % number, f"{name}.content": CONTENT + b"%d" % number}
        head = (await store.save("w", changes, base=head, author=AUTHOR)).commit
        print(head, flush=True)


if __name__ == "__main__":
    asyncio.run(save_on_and_on(Path(sys.argv[1]), *sys.argv[2:]))
