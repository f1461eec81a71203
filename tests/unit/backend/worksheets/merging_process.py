"""A backend that brings files into worksheets and is killed in it: before the how manyth commit is told on the way.

    python -m tests.unit.backend.worksheets.merging_process FOLDER DATABASE COMMIT

Counted are the commits from the one on by which it is decided what is brought in.
It ends with 0 if there are not so many.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from tests.unit.backend.worksheets.filed import filed

SECONDS = 60.0


async def bring(folder: Path, url: str, commit: int) -> None:
    """Bring in what there is."""
    async with asyncio.timeout(SECONDS), filed(folder, url, "dying") as one:
        engine = one.of.database._engine.sync_engine
        done = 0

        def on_statement(_c: Any, _u: Any, statement: str, *_: Any) -> None:
            nonlocal done
            if not done and statement.startswith("INSERT INTO worksheet_merge "):
                done = 1

        def on_commit(_: Any) -> None:
            nonlocal done
            if done == commit:
                os.kill(os.getpid(), signal.SIGKILL)
            done += done > 0

        event.listen(engine, "before_cursor_execute", on_statement)
        event.listen(engine, "commit", on_commit)
        assert await one.outside.take("w") == []


if __name__ == "__main__":
    asyncio.run(bring(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
