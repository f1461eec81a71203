"""Inspection: the signature and documentation of the name at the cursor, or of the function being called there.

A page asks unbidden, so that nothing of the reader's code is run on the way to
what the name stands for; see `policy.py`.
"""

from typing import Any

from IPython.utils.tokenutil import token_at_cursor

from sagews.protocol.languages import OF_SESSIONS, spoken
from sagews.session.deadline import within
from sagews.session.policy import may_be_followed
from sagews.session.shell import SessionShell

DEADLINE = 2.0
"""Seconds after which nothing is found."""


def inspect(shell: SessionShell, code: str, cursor: int, detail: int) -> dict[str, Any]:
    """Return Jupyter's content of an inspect_reply; with `detail` 1 it has the source too."""
    data: dict[str, Any] = {}
    try:
        with within(DEADLINE):
            name = token_at_cursor(code, min(cursor, len(code)))
            # What code of a program names is nothing of Python's.
            is_ours = spoken(code)[0] in OF_SESSIONS
            if is_ours and may_be_followed(name, shell.user_ns):
                data = shell.object_inspect_mime(name, detail_level=detail)
    except Exception:
        # Nothing of that name, or an object that does not bear looking at.
        data = {}
    return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}
