"""The ids that SageMathCell gives to its kernels: for us a session, and the right to it. Thinking only, no I/O.

Whoever has the id has the session, as there; so it holds the session's token,
which nobody can guess, and any backend finds the session by it.
"""

import re
from dataclasses import dataclass

_ID = re.compile(r"(?P<kind>[cl])(?P<token>[A-Za-z0-9_-]{16,128})\.(?P<session>[a-z][A-Za-z0-9_-]{2,80})")


@dataclass(frozen=True, slots=True)
class Id:
    """One id, and what it says."""

    session: str
    token: str
    linked: bool
    """Whether several cells share it, so that it lives on when nothing runs."""

    def __str__(self) -> str:
        return f"{'l' if self.linked else 'c'}{self.token}.{self.session}"

    @classmethod
    def read(cls, text: str) -> "Id | None":
        """Return what a text says that may be an id; None: it is none of ours."""
        if (found := _ID.fullmatch(text)) is None:
            return None
        return cls(found["session"], found["token"], found["kind"] == "l")
