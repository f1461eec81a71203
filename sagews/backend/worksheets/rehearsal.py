"""Updates that may take the library long are rehearsed in a process of their own, which is ended if they do.

To put one item in its place the library may have to go past all that others
have put there at the same time. An update of 100 KB made for that took it half
a minute, in which it lets nothing else of the process run, in no thread
either. Such a one cannot be told from an honest one of as many parts by
looking at it. So whatever could come to many steps is put in its place there
first, after all that the worksheet has.

    this process --> lengths, worksheet, update --> python -m sagews.backend.worksheets.rehearsal --> milliseconds
"""

import asyncio
import math
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Sequence
from typing import Any

from sagews.backend.worksheets.binding import GarbledError
from sagews.backend.worksheets.contents import Contents
from sagews.errors import WorksheetError

MOST_STEPS = 500_000
"""Parts of an update times those of the worksheet, up to which it is not rehearsed: at most some 70 ms."""
FEW, MANY = 2, 1_000_000
"""Parts of an update that is not rehearsed, but in a worksheet of so many."""
MOST_MILLISECONDS = 300
"""Of a processor, that one update may take; 20,000 parts of somebody who was away take 130."""
MEMORY = 2 << 30
"""Bytes that its process may have."""
_SIZE = struct.Struct("!Q")


async def rehearse(worksheet: Sequence[bytes], update: bytes) -> None:
    """Raise WorksheetError if an update would take too long, after what a worksheet has."""
    said = await _run(worksheet, update)
    if said is None or said > MOST_MILLISECONDS:
        raise WorksheetError("would take too long to be put in its place", "update", "send it in smaller pieces")


def is_costly(read: Contents, parts: int) -> bool:
    """Whether an update may take long in a worksheet of so many parts."""
    steps = read.parts * (parts + read.parts)
    return steps > MOST_STEPS and (read.parts > FEW or parts > MANY)


async def _run(worksheet: Sequence[bytes], update: bytes) -> float | None:
    """Return the milliseconds that an update took; None if that was more than its process may take."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__),
        env={name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        updates = [*worksheet, update]
        sizes = b"".join(_SIZE.pack(len(each)) for each in updates)
        said, _ = await process.communicate(b"".join([_SIZE.pack(len(updates)), sizes, *updates]))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return float(said)
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None
    # It has met with what would have ended this process.
    raise GarbledError("cannot be read", "update", "reload the page")


def main() -> None:
    """Put an update in its place, and say how long that took."""
    from pycrdt import Doc

    given = sys.stdin.buffer
    count, *_ = _SIZE.unpack(given.read(_SIZE.size))
    sizes = [_SIZE.unpack(given.read(_SIZE.size))[0] for _ in range(count)]
    *worksheet, update = [given.read(size) for size in sizes]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    document: Doc[Any] = Doc()
    for each in worksheet:
        document.apply_update(each)
    # The system counts whole seconds.
    most = math.ceil(time.process_time() + MOST_MILLISECONDS / 1000) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    begun = time.process_time()
    document.apply_update(update)
    os.write(sys.stdout.fileno(), str((time.process_time() - begun) * 1000).encode())


if __name__ == "__main__":
    main()
