"""The errors that somebody can act upon; everything else is a builtin exception."""

from typing import ClassVar


class SagewsError(Exception):
    """What went wrong, about which noun, and what to do next.

    The same three fields are the wire's `Failure`. The command line prints
    them as one line and exits with a non-zero status.
    """

    exit_status: ClassVar[int] = 3
    """The status of a command that could not go on for this."""

    def __init__(self, what: str, noun: str = "", hint: str = "") -> None:
        super().__init__(what, noun, hint)
        self.what = what
        """The fault, as a sentence without a full stop."""
        self.noun = noun
        """The thing it is about: a path, a setting, a session id."""
        self.hint = hint
        """What the reader or operator can do next, as a sentence without a full stop."""

    def __str__(self) -> str:
        line = f"{self.noun}: {self.what}" if self.noun else self.what
        return f"{line}; {self.hint}" if self.hint else line


class ConfigurationError(SagewsError):
    """A setting, or what it points at, cannot be used."""

    exit_status = 2


class FormatError(SagewsError):
    """A file is not what its format asks for, or a notebook cannot be written in a format."""

    exit_status = 1


class ServiceError(SagewsError):
    """A service could not be started, reached or used."""


class UnstorableError(ServiceError):
    """The database takes no such value: a character, number or size that it does not have. It is the same each time."""


class UnreachableError(SagewsError):
    """A machine of the site could not be reached."""

    exit_status = 4


class TimeLimitError(SagewsError):
    """What was to be done was not done within its time limit."""

    exit_status = 5


class ProtocolError(SagewsError):
    """The other end sent what the protocol does not allow; the link or connection ends."""


class WorkspaceError(SagewsError):
    """A workspace does not allow what was asked of it."""


class LostRaceError(WorkspaceError):
    """Somebody else changed the workspace first; nothing was changed by this."""


class NoSpaceError(WorkspaceError):
    """The workspaces of an account take up as much as they may: nothing is to be added to them."""


class WorksheetError(SagewsError):
    """A worksheet does not allow what was asked of it."""


class EpochError(WorksheetError):
    """A worksheet has another content by now than the one that was meant; nothing was changed by this."""
