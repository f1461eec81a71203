"""Magics by which a cell is in another language: `%%r` for all of it, `%r` for one line."""

import functools
from collections.abc import Iterable
from typing import Any

from IPython.core.error import UsageError

from sagews.session.languages.programs import PROGRAMS
from sagews.session.languages.running import run


def register(shell: Any, names: Iterable[str] = tuple(PROGRAMS)) -> None:
    """Give a shell the magics of these languages, each of which a program of the system runs."""
    for name in names:
        shell.register_magic_function(functools.partial(_magic, shell, name), "line_cell", name)


def _magic(shell: Any, name: str, line: str, cell: str | None = None) -> None:
    """Run a line, or a cell."""
    program = PROGRAMS[name]
    if cell is not None and line.strip():
        raise UsageError(f"%%{name} takes no options: write the code of {program.title} below it")

    def show(figure: bytes) -> None:
        shell.display_pub.publish({"image/png": figure, "text/plain": f"<figure of {program.title}>"})

    run(program, line if cell is None else cell, show, shell.undisturbed)
