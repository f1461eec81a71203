"""Runs code by a program: a child of the session, behind all its walls, whose output goes straight to its pipes.

Nothing is kept from one cell to the next but files: the program works in the
directory in which the cell is. It leads a process group of its own, to which
an interrupt of the cell is handed on; what does not end by that is killed, and
the programs that it has started with it.
"""

import glob
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress

from sagews.protocol import MAX_BODY
from sagews.session.languages import errors
from sagews.session.languages.program import FIGURES, FOLDER, Program

PATIENCE = 1.0
"""Seconds after an interrupt in which a program may end by itself."""
LAST_PATIENCE = 5.0
"""Seconds for which a killed one is waited for."""
MAX_FIGURES = 100
"""Figures of one cell that are shown."""
MAX_FIGURE = MAX_BODY // 2
"""Bytes of a figure, which its base64 makes a third more."""

Show = Callable[[bytes], None]
"""Shows a figure, a PNG."""


def run(program: Program, code: str, show: Show, undisturbed: Callable[[], AbstractContextManager[None]]) -> None:
    """Run code to its end, and show the figures that it leaves.

    Interrupts wait inside of `undisturbed`. Raises ProgramError if the program
    is missing or fails, and KeyboardInterrupt.
    """
    if (path := program.path) is None:
        raise errors.missing(program.title, program.package)
    with tempfile.TemporaryDirectory(prefix="sagews-", ignore_cleanup_errors=True) as folder:
        status = _run(program, path, code, folder, undisturbed)
        for figure in _figures(folder):
            show(figure)
    if status:
        raise errors.failed(program.title, status)


def _run(
    program: Program, path: str, code: str, folder: str, undisturbed: Callable[[], AbstractContextManager[None]]
) -> int:
    """Return the status with which it has ended."""
    code_file = os.path.join(folder, program.code or "cell")
    for name, text in {**program.files, code_file: code if code.endswith("\n") else f"{code}\n"}.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    variables = {name: value.format(folder=folder) for name, value in program.variables.items()}
    with open(os.devnull if program.code else code_file, "rb") as source:
        process = subprocess.Popen(
            [path, *(argument.format(folder=folder) for argument in program.arguments)],
            stdin=source,
            env={**os.environ, FOLDER: folder, **variables},
            process_group=0,
        )
    try:
        return process.wait()
    except BaseException:
        with undisturbed():
            _stop(process)
        raise


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a program, and what it has started."""
    for number, patience in ((signal.SIGINT, PATIENCE), (signal.SIGKILL, LAST_PATIENCE)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def _figures(folder: str) -> Iterator[bytes]:
    """Yield the figures, as far as they are files of a size that can be shown."""
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), FIGURES)))[:MAX_FIGURES]:
        with suppress(OSError):
            found = os.lstat(path)
            if stat.S_ISREG(found.st_mode) and 0 < found.st_size <= MAX_FIGURE:
                with open(path, "rb") as file:
                    yield file.read(MAX_FIGURE)
