"""Whether the services that logwatch follows are there: the other children of the process that started it.

A machine's supervisord starts its services and logwatch beside them, and
writes their logs. So it is neither the logs' writers nor a file of process ids
that tells, but who else has the same parent.
"""

import os
from pathlib import Path


class Company:
    """The other children of this process's parent."""

    def __init__(self) -> None:
        self._parent = os.getppid()

    def is_there(self) -> bool:
        """Whether there is another one; not if the parent has ended."""
        if os.getppid() != self._parent:
            return False
        own = os.getpid()
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != own and self._is_child(entry):
                return True
        return False

    def _is_child(self, process: Path) -> bool:
        try:
            # The name of a process may hold anything but it ends with the last parenthesis (proc(5)).
            state, parent = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            return False
        return int(parent) == self._parent and state not in "ZX"
