"""How hard a machine is pressed: what its processors have to do, and how much of its memory is free."""

import os
import time
from dataclasses import dataclass

KEPT_SECONDS = 1.0
"""Seconds for which what was read is good: whoever opens a session is told, and shall not wait for it."""


@dataclass(frozen=True, slots=True)
class Pressure:
    """What a machine tells of itself."""

    busy: float = 0.0
    """Processes that want to run, for each processor: the mean of the last minute."""
    memory: int = 0
    """Bytes of memory that it has. 0: not known."""
    memory_available: int = 0
    """Bytes that programs can still have without swapping (proc(5), `MemAvailable`)."""


class Gauge:
    """Reads the pressure of this machine, once a second at most."""

    def __init__(self) -> None:
        self._read_at = -KEPT_SECONDS
        self._kept = Pressure()

    def __call__(self) -> Pressure:
        """Return the pressure."""
        now = time.monotonic()
        if now - self._read_at >= KEPT_SECONDS:
            self._read_at, self._kept = now, _read()
        return self._kept


def _read() -> Pressure:
    memory = _memory()
    return Pressure(
        busy=os.getloadavg()[0] / (os.cpu_count() or 1),
        memory=memory.get("MemTotal", 0) << 10,
        memory_available=memory.get("MemAvailable", 0) << 10,
    )


def _memory() -> dict[str, int]:
    """Return the lines of /proc/meminfo, in KiB; none where it cannot be read."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    except (OSError, ValueError, IndexError):
        return {}
