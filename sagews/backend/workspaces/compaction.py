"""Has the packs of workspaces made into one, in the background: nobody who saves waits for it.

Every backend looks now and then which workspaces are due (`loose.py`), and
does one after the other, each in a turn that no other backend has meanwhile.
What fails is logged, and left alone by all of them for a while. A backend that
ends gives its turn back; of one that is killed it ends by itself.
"""

import asyncio
import random
from contextlib import suppress

import structlog

from sagews.backend.workspaces.store import Store
from sagews.database.loose import Loose
from sagews.database.turns import COMPACT, Turn, Turns
from sagews.errors import LostRaceError, SagewsError, ServiceError

EVERY, FIRST = 600.0, 60.0
"""Seconds between two looks, and within which the first one is."""
MOST_SECONDS = 500.0
"""Seconds that one workspace may take; its turn lasts longer."""
AGAIN, SOON_AGAIN = 3600.0, 120.0
"""Seconds for which a workspace is left alone after a failure, and after people saved all the time."""
END_DEADLINE = 2.0
"""Seconds that the end may take: of a run of git, and of what it has staged."""

log = structlog.get_logger()


class Compaction:
    """Works from `start` to `stop`."""

    def __init__(self, store: Store, loose: Loose, turns: Turns) -> None:
        self._store = store
        self._loose = loose
        self._turns = turns
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with the first look at some moment within FIRST: not all backends at once."""
        self._task = asyncio.create_task(self._look_now_and_then())

    async def stop(self) -> None:
        """End within END_DEADLINE, in the middle of a workspace if need be: nothing of it is changed then."""
        if self._task is None:
            return
        self._task.cancel()
        _, left = await asyncio.wait([self._task], timeout=END_DEADLINE)
        if left:
            log.warning("compaction does not end", seconds=END_DEADLINE)

    async def run(self) -> int:
        """Make one of the packs of each workspace that is due; return how many it were."""
        done = 0
        for workspace in await self._loose.due():
            if (turn := await self._turns.begin(workspace, COMPACT)) is not None:
                done += await self._do(workspace, turn)
        return done

    # ---------------------------------------------------------------- within

    async def _look_now_and_then(self) -> None:
        await asyncio.sleep(random.uniform(0, FIRST))  # noqa: S311  # no secret
        while True:
            try:
                await self.run()
            except SagewsError as error:
                log.warning("nothing compacted", error=str(error))
            except Exception:
                log.exception("compaction failed")
            await asyncio.sleep(EVERY)

    async def _do(self, workspace: str, turn: Turn) -> bool:
        rest, done = AGAIN, False
        try:
            async with self._turns.kept(turn), asyncio.timeout(MOST_SECONDS):
                done = await self._store.compact(workspace)
            rest = 0.0
        except asyncio.CancelledError:
            rest = 0.0
            raise
        except LostRaceError:
            rest = SOON_AGAIN
            log.info("workspace not compacted", workspace=workspace, why="people save there all the time")
        except (SagewsError, TimeoutError) as error:
            log.warning("workspace not compacted", workspace=workspace, error=str(error) or "took too long")
        except Exception:
            log.exception("workspace not compacted", workspace=workspace)
        finally:
            # Where the database is away, the turn ends by itself.
            with suppress(ServiceError, TimeoutError):
                async with asyncio.timeout(END_DEADLINE / 2):
                    await self._turns.end(turn, rest=rest)
        return done
