"""A program of the system that runs code of a language: a row of the table. Thinking only, but for looking for it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

FOLDER = "SAGEWS_FOLDER"
"""A variable of the program's environment: the folder of its files, where it leaves figures too."""
FIGURES = "figure*.png"
"""Which files there are figures, in the order of their names."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs code, and how it is told to."""

    title: str
    """What people call it."""
    commands: tuple[str, ...]
    """Its names, by which it is looked for in PATH, the best first."""
    package: str
    """What brings it, in Debian and its kin."""
    arguments: tuple[str, ...]
    """Of the command; `{folder}` stands for the folder of its files."""
    code: str = ""
    """The name of the file with the code; empty: the code comes by its stdin."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files beside it, by their names."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further variables of its environment, with `{folder}` as well."""

    @property
    def path(self) -> str | None:
        """Where it is; None if it is not installed."""
        return next(filter(None, map(shutil.which, self.commands)), None)
