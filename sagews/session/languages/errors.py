"""What the reader of a cell is told of a language whose program is missing, or has failed."""

import signal

from sagews.errors import SagewsError


class ProgramError(SagewsError):
    """A program that ran a cell has failed; what it had to say of that, it has written."""


class MissingProgramError(ProgramError):
    """There is no program for a language where the session runs."""


def missing(title: str, package: str) -> MissingProgramError:
    """Return the error of a program that is not installed; `package` is that of Debian and its kin."""
    return MissingProgramError(
        "is not installed on this worker", title, f"the operator installs the package `{package}`, or choose another"
    )


def failed(title: str, status: int) -> ProgramError:
    """Return the error of a program that ended with this status; a negative one is the number of a signal."""
    if status >= 0:
        return ProgramError(f"ended with status {status}", title, "what it wrote above says why")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return ProgramError(f"was ended by the signal {name}", title, "it may have had too little memory")
