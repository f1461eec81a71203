"""Where a server of the system is."""

import shutil
from pathlib import Path

PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


def found(name: str, configured: str) -> str:
    """Return the path of a program: the configured one, the one that the system has, or where it would be."""
    return configured or shutil.which(name, path=PLACES) or str(Path("/usr/sbin") / name)
