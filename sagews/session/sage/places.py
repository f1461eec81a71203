"""Where Sage keeps its files: in a session in the session's own directories, not where it was imported."""

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sagews.session import directories

VARIABLE = "DOT_SAGE"
"""Names the directory of Sage's settings and caches."""


def provided(preloaded: Iterable[str]) -> AbstractContextManager[None]:
    """Give Sage a directory for the time of its import and warming, for the zygote's user need have none.

    `preloaded` are the modules that the environment names: where none is Sage's, there is nothing to do.
    """
    has_sage = any(name.partition(".")[0] == "sage" for name in preloaded)
    return directories.named_by(VARIABLE) if has_sage else nullcontext()


class Places:
    """All that names one of these directories in modules of Sage."""

    def __init__(self) -> None:
        self._root = str(_module("sage.env").DOT_SAGE)
        self._named: list[tuple[dict[str, Any], str, str]] = []

    def find(self) -> None:
        """Find the names, each with what follows the directory in it, and let go of the directory for temporary files.

        Sage would remove that at the end of any process that has a copy of
        the name: of the first session that ends by itself, for all.
        """
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == "sage":
                names = vars(module)
                self._named += [
                    (names, key, value.removeprefix(self._root))
                    for key, value in list(names.items())
                    if isinstance(value, str) and (value == self._root or value.startswith(f"{self._root}/"))
                ]
        temporary = _module("sage.misc.temporary_file")
        temporary.TMP_DIR_FILENAME_BASE._finalizer.detach()
        directories.remove_now(temporary.TMP_DIR_FILENAME_BASE.name)

    def move(self) -> None:
        """Have them all name this session's own directories, by its environment."""
        root = os.environ[VARIABLE]
        os.mkdir(root, 0o700)
        for names, key, below in self._named:
            names[key] = root + below
        temporary = _module("sage.misc.temporary_file")
        temporary.TMP_DIR_FILENAME_BASE = tempfile.TemporaryDirectory(prefix="sage_")


def _module(name: str) -> Any:
    return sys.modules[name]
