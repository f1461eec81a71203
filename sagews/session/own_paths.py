"""Which files are a session's own: those of its environment, the same for all its sessions, and those that it made."""

import os
import sys
import sysconfig
import zoneinfo
from collections.abc import Iterable

import sagews

SHARED_PREFIXES = frozenset({"/", "/usr", "/usr/local", "/opt"})
"""Where an interpreter may be installed among much else that is none of it."""
ALWAYS_THE_SAME = frozenset({"/dev/null", "/dev/zero", "/dev/full"})


class OwnPaths:
    """Directories and single files, by their absolute paths, and all that is below them."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = frozenset(root for root in roots if root) - {"/"}
        self._below = tuple(f"{root}/" for root in self._roots)

    def with_more(self, roots: Iterable[str]) -> "OwnPaths":
        """Return these and more."""
        more = OwnPaths(roots)
        more._roots |= self._roots
        more._below += self._below
        return more

    def holds(self, path: str) -> bool:
        """Whether this path is one of them; a relative one begins where the process is."""
        try:
            whole = os.path.abspath(path)
        except OSError:
            return False  # The directory in which the process is, is gone.
        return whole.startswith(self._below) or whole in self._roots or whole in ALWAYS_THE_SAME


def of_environment() -> list[str]:
    """Return the roots of what belongs to this interpreter: its own files, its packages, time zones, this software."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix} - SHARED_PREFIXES
    scheme = sysconfig.get_paths()
    libraries = {scheme[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    # An empty entry is the directory in which a session is.
    imported = {entry for entry in sys.path if entry}
    named = {*prefixes, *libraries, *imported, *zoneinfo.TZPATH, sys.executable, os.path.dirname(sagews.__file__)}
    spelled = {os.path.abspath(name) for name in named}
    return sorted(spelled | {os.path.realpath(name) for name in spelled})


def of_session() -> list[str]:
    """Return the roots of what is this session's alone: where it begins, and where it keeps what is temporary."""
    return [os.getcwd(), os.path.abspath(os.environ.get("TMPDIR", "."))]
