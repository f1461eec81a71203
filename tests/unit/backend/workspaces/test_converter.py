"""Conversions off the event loop: in as many threads as there are, given up in time."""

import asyncio
import threading

import pytest

from sagews.backend.workspaces.converter import THREADS, Converter
from sagews.errors import WorkspaceError

SLOW = b"".join(b"# %%%%\nx%d = 1\n" % number for number in range(2000))
"""Takes jupytext a second or so."""


async def test_what_takes_too_long_is_given_up_and_the_threads_stay_as_many() -> None:
    converter = Converter(deadline=0.05)
    for _ in range(2 * THREADS):
        with pytest.raises(WorkspaceError, match="takes too long to be converted"):
            await converter.convert("a.py", SLOW, "ipynb")
    assert sum(each.name.startswith("convert") for each in threading.enumerate()) <= THREADS


async def test_the_loop_goes_on_meanwhile() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    beating = asyncio.create_task(beat())
    async with asyncio.timeout(60):
        written, repairs = await Converter().convert("a.py", SLOW, "ipynb")
    beating.cancel()
    assert written.count(b'"cell_type": "code"') == 2000 and not repairs
    assert beats > 3
