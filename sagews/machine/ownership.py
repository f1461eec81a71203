"""Whose a control group is: its name tells the process that made it, so that what the dead have left can be removed.

    sagews-w1-4026531836-1234-98765      its kind, a process namespace, a process, when that was started

Two that live never take each other's for a leftover; of another process
namespace nobody here can know who lives.
"""

import os
import re
from pathlib import Path

_NAME = re.compile(r"sagews-[a-z0-9]+-(\d+)-(\d+)-(\d+)")


def name(kind: str) -> str:
    """Return the name of what this process makes; `kind` is the worker's name, or what else it is for."""
    return f"sagews-{kind}-{process_namespace()}-{os.getpid()}-{start(os.getpid())}"


def is_dead(name: str) -> bool:
    """Whether the process that a group is named after has ended; False for one that cannot be known."""
    found = _NAME.fullmatch(name)
    if found is None or int(found[1]) != process_namespace():
        return False
    return start(int(found[2])) != int(found[3])


def process_namespace() -> int:
    """Return the number of the namespace in which processes are counted here; 0 where there are none."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def start(pid: int) -> int:
    """Return when a process was started, in ticks since the boot; 0 if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0
    # The command's name, in parentheses, may itself hold parentheses and blanks.
    return int(stat.rpartition(b")")[2].split()[19])
