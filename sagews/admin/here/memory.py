"""What each program of a machine was started with, kept from one command to the next."""

from contextlib import suppress
from pathlib import Path

import msgspec

from sagews.admin.here.difference import Started
from sagews.admin.here.files import write
from sagews.admin.program import SECRET_MODE, WrittenFile


class Memory:
    """The file that says it; one that is missing or broken says nothing, and then everything is started anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, Started] = {}
        with suppress(OSError, msgspec.MsgspecError):
            self._kept = msgspec.json.decode(path.read_bytes(), type=dict[str, Started])

    def of(self, name: str) -> Started | None:
        """Return what a program was started with, if that is known."""
        return self._kept.get(name)

    def keep(self, name: str, started: Started) -> None:
        """Remember what a program was started with. Raises ServiceError."""
        self._kept[name] = started
        self._save()

    def forget(self, name: str) -> None:
        """Forget a program, before it is stopped: what happens in between is not known. Raises ServiceError."""
        if self._kept.pop(name, None) is not None:
            self._save()

    def _save(self) -> None:
        text = msgspec.json.encode(self._kept).decode()
        write(WrittenFile(path=self._path, text=text, mode=SECRET_MODE))
