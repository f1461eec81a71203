"""Figures of a session, written to files whose names are made here.

No name comes from a session, and no file that was there before is touched.
"""

import base64
import binascii
import os
from pathlib import Path
from typing import Any

from sagews.errors import ConfigurationError

_SUFFIXES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
}
_TEXTS = frozenset({"image/svg+xml"})


class Figures:
    """The figures of one command, numbered 1, 2, 3 ... in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._number = 0
        self._shown: dict[str, dict[str, Path]] = {}

    def make_directory(self) -> None:
        """Make the directory if it is missing. Raises ConfigurationError."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def save(self, data: dict[str, Any], display: str = "") -> list[Path]:
        """Write the figures of a mimebundle, and return the new files.

        `display` is the display's id: an update of it goes to the files that
        it has. Raises ConfigurationError if the directory cannot be written.
        """
        contents = {suffix: _content(kind, data) for kind, suffix in _SUFFIXES.items()}
        figures = {suffix: content for suffix, content in contents.items() if content is not None}
        known = self._shown.get(display, {}) if display else {}
        try:
            new = self._write_new({suffix: figures[suffix] for suffix in figures if suffix not in known})
            for suffix in figures.keys() & known.keys():
                _write(known[suffix], figures[suffix], os.O_TRUNC | os.O_NOFOLLOW)
        except OSError as error:
            raise self._unwritable(error) from error
        if display and figures:
            self._shown[display] = known | new
        return list(new.values())

    def _write_new(self, figures: dict[str, bytes]) -> dict[str, Path]:
        """Write all forms of one figure under the next number that none of them has."""
        while figures:
            self._number += 1
            paths = {suffix: self._directory / f"figure-{self._number}.{suffix}" for suffix in figures}
            if any(os.path.lexists(path) for path in paths.values()):
                continue
            for suffix, path in paths.items():
                _write(path, figures[suffix], os.O_CREAT | os.O_EXCL)
            return paths
        return {}

    def _unwritable(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"no figure can be written there ({error.strerror})",
            str(self._directory),
            "choose another directory with --output",
        )


def _content(kind: str, data: dict[str, Any]) -> bytes | None:
    """Return the bytes of one form of a figure; None if it is missing or no such thing."""
    value = data.get(kind)
    if not isinstance(value, str) or not value:
        return None
    if kind in _TEXTS:
        return value.encode("utf-8", "replace")
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return None


def _write(path: Path, content: bytes, flags: int) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o666), "wb") as file:
        file.write(content)
