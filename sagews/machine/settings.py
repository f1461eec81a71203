"""Settings of the system that make a machine with several users safer or weaker, read as they are; room and numbers."""

import ctypes
import os
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sagews.protocol.isolation import Finding

FILES_OF_A_SESSION = 16
"""Open files of the worker for each session, generously: channel, pipes, link, descriptors of processes and cgroups."""
FILES_OF_A_WORKER = 128
_READ_LOG = 3  # SYSLOG_ACTION_READ_ALL of syslog(2)


@dataclass(frozen=True, slots=True)
class Setting:
    """One file below /proc/sys."""

    name: str
    is_good: Callable[[int], bool | None]
    """Whether a value is good; None: it is worth knowing."""
    means: str
    """What it means if it is not good."""
    advice: str


SETTINGS = [
    Setting(
        "fs.protected_symlinks",
        lambda value: value >= 1,
        "links planted in /tmp are followed by others",
        "sysctl -w fs.protected_symlinks=1",
    ),
    Setting(
        "fs.protected_hardlinks",
        lambda value: value >= 1,
        "anybody can keep another name of a file of others",
        "sysctl -w fs.protected_hardlinks=1",
    ),
    Setting(
        "fs.protected_fifos",
        lambda value: value >= 1,
        "pipes planted in /tmp are opened by others",
        "sysctl -w fs.protected_fifos=1",
    ),
    Setting(
        "dev.tty.legacy_tiocsti",
        lambda value: value == 0,
        "a program can type into its terminal for others; sessions have none, and the filter refuses it",
        "sysctl -w dev.tty.legacy_tiocsti=0",
    ),
    Setting(
        "kernel.unprivileged_userns_clone",
        lambda value: value == 1,
        "ordinary users make no user namespaces",
        "sysctl -w kernel.unprivileged_userns_clone=1, or run the worker as root",
    ),
    Setting(
        "user.max_user_namespaces",
        lambda value: value > 0,
        "nobody makes user namespaces",
        "sysctl -w user.max_user_namespaces=10000, or run the worker as root",
    ),
    Setting(
        "kernel.apparmor_restrict_unprivileged_userns",
        lambda value: value == 0,
        "ordinary users have no rights in their user namespaces (Ubuntu)",
        "give the worker's Python an AppArmor profile with `userns,`, or run the worker as root",
    ),
    Setting(
        "kernel.yama.ptrace_scope",
        lambda value: True if value >= 1 else None,
        "processes of one user can look into each other; the filter refuses it to sessions",
        "sysctl -w kernel.yama.ptrace_scope=1",
    ),
]


def settings(base: Path = Path("/proc/sys")) -> Iterator[Finding]:
    """Yield what is set, of what this system has."""
    for setting in SETTINGS:
        try:
            value = int((base / setting.name.replace(".", "/")).read_text())
        except (OSError, ValueError):
            continue
        is_good = setting.is_good(value)
        yield Finding(
            name=setting.name,
            holds=is_good,
            found=str(value) if is_good else f"{value}: {setting.means}",
            advice="" if is_good else setting.advice,
        )


def open_files(sessions: int) -> Finding:
    """Return whether the worker may open as many files as its sessions need."""
    needed = FILES_OF_A_WORKER + sessions * FILES_OF_A_SESSION
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_enough = allowed in (resource.RLIM_INFINITY, -1) or allowed >= needed
    return Finding(
        name="open files",
        holds=is_enough,
        found=f"{allowed:,} allowed; {needed:,} needed for {sessions} sessions",
        advice="" if is_enough else f"ulimit -n {needed}, LimitNOFILE={needed} in systemd, or lower max_sessions",
    )


def memory(meminfo: Path = Path("/proc/meminfo"), shared: str = "/dev/shm") -> Iterator[Finding]:  # noqa: S108
    """Yield how much memory there is, and how much of it files in memory may take outside of sandboxes."""
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        total, available = (int(lines[name].split()[0]) << 10 for name in ("MemTotal", "MemAvailable"))
        yield Finding(name="memory", holds=None, found=f"{_gib(total)}, {_gib(available)} of it available")
    except (OSError, KeyError, ValueError):
        pass
    try:
        found = os.statvfs(shared)
        yield Finding(name=shared, holds=None, found=f"{_gib(found.f_blocks * found.f_frsize)} at most")
    except OSError:
        pass


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"


def is_gvisor() -> bool:
    """Whether the kernel is gVisor, which says so at the beginning of its log; nothing but words hangs on it."""
    text = ctypes.create_string_buffer(4096)
    call = getattr(ctypes.CDLL(None), "klogctl", None)
    return call is not None and call(_READ_LOG, text, len(text)) > 0 and b"Starting gVisor" in text.raw
