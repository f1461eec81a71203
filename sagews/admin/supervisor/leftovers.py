"""Processes that a supervisord has left behind which did not end in good order: found by their mark, and ended."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from sagews.admin.deadline import Deadline

GENTLE_SECONDS = 10.0
"""Seconds that they have to end; more than the sweeper gives them, which is one of them."""


def leftovers(socket: Path) -> list[int]:
    """Return the processes whose environment says that the supervisord with this socket started them.

    supervisord puts its address into the environment of each program. One that
    writes over its environment is not found, such as nginx; the sweeper is
    there for it.
    """
    processes = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [process for process in processes if process != os.getpid() and is_marked(process, socket)]


def is_marked(process: int, socket: Path) -> bool:
    """Whether a process has the mark of the supervisord with this socket."""
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return False
    return f"SUPERVISOR_SERVER_URL=unix://{socket}".encode() in environment.split(b"\0")


def end_leftovers(socket: Path, deadline: Deadline) -> int:
    """End them all: asked by SIGINT, which every service takes for "at once", then killed. Return how many there were.

    Raises TimeLimitError.
    """
    first = left = leftovers(socket)
    _signal(left, socket, signal.SIGINT)
    gentle = time.monotonic() + GENTLE_SECONDS
    while left := leftovers(socket):
        if time.monotonic() > gentle:
            _signal(left, socket, signal.SIGKILL)
        time.sleep(deadline.step(0.05))
    return len(first)


def _signal(processes: list[int], socket: Path, number: signal.Signals) -> None:
    for process in processes:
        with suppress(OSError):
            # By its descriptor: what is looked at once more is what gets the signal, whatever becomes of the number.
            descriptor = os.pidfd_open(process)
            try:
                if is_marked(process, socket):
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)
