"""Memory that processes have for themselves, processor time, and which belong to a session (proc(5))."""

import os
from pathlib import Path


def private_mib(processes: list[int]) -> float:
    """Return the MiB that would be free again if these processes ended: their private pages, clean and dirty."""
    return sum(_private_kib(process) for process in processes) / 1024


def _private_kib(process: int) -> int:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_"))


def processor_seconds(processes: list[int]) -> float:
    """Return the processor time that processes have had, in the system too, all threads together."""
    return sum(_ticks(process) for process in processes) / os.sysconf("SC_CLK_TCK")


def _ticks(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def descendants(process: int) -> list[int]:
    """Return everything that a process has started, however deep."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [found for child in map(int, children) for found in (child, *descendants(child))]


def command(process: int) -> list[str]:
    """Return the words of a process's command line."""
    return Path(f"/proc/{process}/cmdline").read_text().split("\0")


def sandboxed(processes: list[int], session: int) -> list[int]:
    """Return the processes of the one sandbox among these in which a process has this id; none if there is none."""
    inside = {process: _ids(process) for process in processes}
    namespaces = {os.stat(f"/proc/{process}/ns/pid").st_ino for process, ids in inside.items() if ids[1:] == [session]}
    return [process for process in processes if os.stat(f"/proc/{process}/ns/pid").st_ino in namespaces]


def _ids(process: int) -> list[int]:
    """Return a process's ids, from the outermost process namespace to its own (proc(5), NSpid)."""
    status = Path(f"/proc/{process}/status").read_text()
    return [int(number) for number in status.partition("NSpid:")[2].partition("\n")[0].split()]


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
