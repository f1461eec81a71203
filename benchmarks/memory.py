"""Memory that a process has for itself, and who its parent is (proc(5))."""

import os
from pathlib import Path


def private_mib(processes: list[int]) -> float:
    """Return the MiB that would be free again if these processes ended: their private pages, clean and dirty."""
    return sum(_private_kib(process) for process in processes) / 1024


def _private_kib(process: int) -> int:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_"))


def parent(process: int) -> int:
    """Return the process that forked this one."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def machine() -> dict[str, str | int | float]:
    """Return what this machine is, for the table."""
    cpu = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "Model"))
    )
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "linux": os.uname().release,
    }
