"""Lists the processes that a run has left behind; exit status 1 if there are any.

Usage: left_running.py MARK. A process belongs to the run if its environment
holds MARK (`NAME=value`), or if its command line names this folder's virtual
environment: a zygote and its sessions have a clean environment.
"""

import os
import sys
from pathlib import Path

VENV = str(Path(__file__).resolve().parent.parent / ".venv")


def main(mark: str) -> int:
    """Print the processes of the run that still live."""
    own = self_and_ancestors()
    others = [process for process in Path("/proc").glob("[0-9]*") if int(process.name) not in own]
    left = [process for process in others if belongs(process, mark)]
    for process in left:
        print(process.name, " ".join(texts(process / "cmdline")))
    return 1 if left else 0


def self_and_ancestors() -> set[int]:
    """Return the ids of this process and of those above it."""
    found = {os.getpid()}
    parent = os.getppid()
    while parent > 1:
        found.add(parent)
        parent = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
    return found


def belongs(process: Path, mark: str) -> bool:
    """Return whether a process was started by the run."""
    return mark in texts(process / "environ") or any(VENV in text for text in texts(process / "cmdline"))


def texts(file: Path) -> list[str]:
    """Return the NUL-ended texts of a file of proc(5); none if the process is gone or somebody else's."""
    try:
        return file.read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
