"""Tells when something happens in a directory: by inotify(7), or by looking often where there is no more of it."""

import asyncio
from pathlib import Path

import structlog
from asyncinotify import Inotify, Mask

EVENTS = Mask.MODIFY | Mask.CREATE | Mask.DELETE | Mask.MOVED_FROM | Mask.MOVED_TO | Mask.ONLYDIR
GATHER = 0.1
"""Seconds for which events are gathered: one look serves for all of them."""
OFTEN = 1.0
"""Seconds between looks at a directory that cannot be watched."""

log = structlog.get_logger()


class Watch:
    """A directory that is watched."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._inotify: Inotify | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._told = False

    async def wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Return when something has happened since the last call, when `stop` is set, or after so many seconds."""
        if not self._begin():
            seconds = min(seconds, OFTEN)
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._changed, stop)]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if self._changed.is_set() and not stop.is_set():
                await asyncio.wait(waiting[1:], timeout=min(GATHER, seconds))
        finally:
            for one in waiting:
                one.cancel()
        self._changed.clear()

    async def close(self) -> None:
        """Watch no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None

    # ---------------------------------------------------------------- within

    def _begin(self) -> bool:
        """Watch the directory, if it is not watched; whether it is."""
        if self._task is not None and not self._task.done():
            return True
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None
        inotify = None
        try:
            inotify = Inotify()
            inotify.add_watch(self._directory, EVENTS)
        except FileNotFoundError:
            if inotify is not None:
                inotify.close()
            return False
        except OSError as error:
            if inotify is not None:
                inotify.close()
            if not self._told:
                log.warning("directory cannot be watched", directory=str(self._directory), error=error.strerror)
                self._told = True
            return False
        self._inotify = inotify
        self._task = asyncio.create_task(self._take(inotify))
        # What happened before counts.
        self._changed.set()
        return True

    async def _take(self, inotify: Inotify) -> None:
        """Take events until the directory is gone."""
        while Mask.IGNORED not in (await inotify.get()):
            self._changed.set()
        self._changed.set()
