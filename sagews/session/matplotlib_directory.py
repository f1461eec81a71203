"""Where matplotlib keeps its settings and its list of fonts while a zygote preloads whose user has no home to write to.

Left to itself it makes a directory in /tmp then, and removes it at the end of
the process, if that is an end which the process sees. That of a zygote is
SIGKILL. It is asked for its directory once, when it is imported.
"""

import contextlib
import os
from collections.abc import Iterator

from sagews.session import directories

VARIABLE = "MPLCONFIGDIR"
_WANTED = ("~/.config/matplotlib", "~/.cache/matplotlib")


@contextlib.contextmanager
def provided() -> Iterator[None]:
    """Give matplotlib a directory for the time of its import, unless it has a place already; sessions have their own.

    If this process is killed meanwhile, the next zygote sweeps it away
    (`directories.sweep`). Raises OSError.
    """
    if VARIABLE in os.environ or all(_can_be_made(os.path.expanduser(path)) for path in _WANTED):
        yield
        return
    with directories.named_by(VARIABLE):
        yield


def _can_be_made(path: str) -> bool:
    """Whether a directory is there and can be written, or can be made."""
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)
