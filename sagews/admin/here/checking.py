"""Whether a program could run as its configuration says, found out before anything is stopped."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from sagews.admin.deadline import Deadline
from sagews.admin.here.answering import place, stranger
from sagews.admin.here.executing import execute
from sagews.admin.here.files import check as check_directory
from sagews.admin.here.files import told, write
from sagews.admin.program import Program
from sagews.errors import ConfigurationError, ServiceError

CHECK_SECONDS = 60.0
"""Seconds that a check may take."""
CHECK_MODE = 0o711
"""Mode of the directories of a check: the program's user gets to its own files, and sees no others."""


def check(program: Program, data: Path, deadline: Deadline) -> None:
    """Try everything that can be tried without touching what runs. Raises ConfigurationError, TimeLimitError."""
    executable = Path(program.command[0])
    if not (executable.is_file() and os.access(executable, os.X_OK)):
        missing = ConfigurationError("is no program that can be executed", str(executable), "install its package")
        raise of(program, missing)
    seconds = deadline.step(CHECK_SECONDS)
    if program.user and execute(("/usr/bin/test", "-x", str(executable)), seconds, user=program.user) is not None:
        hidden = ConfigurationError(f"user {program.user} cannot execute it", str(executable), "install it elsewhere")
        raise of(program, hidden)
    for directory in program.directories:
        check_directory(directory)
    for path in program.reads:
        if not path.exists():
            hint = "make it with sagews admin certificates, and bring it with sagews admin install"
            raise of(program, ConfigurationError("is missing", str(path), hint))
    if program.check:
        _read_back(program, data, deadline)


def refuse_strangers(program: Program, ours: Callable[[int], bool]) -> None:
    """See that nobody else answers where a program that does not run would answer. Raises ServiceError."""
    address = place(program)
    if address and (who := stranger(address, ours)):
        what = f"{address} is in use by {who}, which this site did not start"
        raise ServiceError(what, program.name, "end it, or choose another port")


def of(program: Program, error: ConfigurationError) -> ConfigurationError:
    """Return an error that says which program it is about."""
    return ConfigurationError(f"{error.noun} {error.what}".strip(), program.name, error.hint)


def _read_back(program: Program, data: Path, deadline: Deadline) -> None:
    """Have the program read its generated files, as they would be, from below a directory that is gone afterwards."""
    try:
        with tempfile.TemporaryDirectory(prefix="check-", dir=data) as root:
            os.chmod(root, CHECK_MODE)
            for file in program.files:
                at = Path(root, *file.path.parts[1:])
                _folders(at.parent, Path(root))
                write(file, at)
            command = tuple(word.replace("{root}", root) for word in program.check)
            wrong = execute(command, deadline.step(CHECK_SECONDS), user=program.user, variables=program.environment)
    except OSError as error:
        raise told(error, data) from error
    if wrong is not None:
        hint = "nothing was changed; correct the configuration"
        raise ConfigurationError(f"its new configuration is refused: {wrong}", program.name, hint)


def _folders(folder: Path, root: Path) -> None:
    for each in reversed([folder, *folder.parents]):
        if each.is_relative_to(root) and not each.is_dir():
            each.mkdir(CHECK_MODE)
            each.chmod(CHECK_MODE)
