"""Removing the directory of a session, whatever it has put there."""

import shutil
import subprocess

DEADLINE = 20.0
"""Seconds for what needs more than Python's own way."""


def remove(directory: str) -> None:
    """Remove a directory with all that is in it, also what is nested too deeply for Python, or locked by its modes.

    Runs with the rights of whoever wrote there, and follows no link.
    """
    try:
        shutil.rmtree(directory)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        for command in (["chmod", "-R", "u+rwx", directory], ["rm", "-rf", "--", directory]):
            try:
                subprocess.run(command, timeout=DEADLINE, stderr=subprocess.DEVNULL, check=False)
            except (OSError, subprocess.TimeoutExpired):
                continue
