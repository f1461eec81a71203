"""What the first process of a container inherits: the orphans of all others, which it has to collect when they end."""

import asyncio
import os

from sagews.session import family

EVERY = 1.0
"""Seconds between two looks."""


async def collect() -> None:
    """Reap children that have ended and that nobody here waits for; runs until it is cancelled.

    Whoever waits for one has it at once. What is still there at the next look
    is an orphan.
    """
    before: set[int] = set()
    while True:
        await asyncio.sleep(EVERY)
        ended = {pid for pid in family.children(os.getpid()) if _has_ended(pid)}
        for pid in ended & before:
            try:
                os.waitpid(pid, os.WNOHANG)  # noqa: ASYNC222  # it waits for nothing
            except ChildProcessError:
                continue
        before = ended


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False
