"""What an expression that the reader typed comes to."""

import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

_PREPARSER = "sage.repl.preparse"


def evaluated(text: str) -> Any:
    """Return its value, with the session's names, in Sage's language where Sage is loaded; no expression is None.

    As Sage's `sage_eval` does it; but that keeps the session's names from
    generators and lambdas within the expression.
    """
    names = InteractiveShell.instance().user_ns
    text = preparsed(text)
    # It is the session's own reader who types it, and runs cells here.
    return eval(text, names) if text else None  # noqa: S307


def preparsed(text: str) -> str:
    """Return an expression as Python has it: in Sage's language where Sage is loaded."""
    if _PREPARSER in sys.modules:
        text = sys.modules[_PREPARSER].preparse(text)
    return text.strip()
