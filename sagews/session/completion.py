"""Completion: what could follow at the cursor, without running the reader's code and within a second."""

from typing import Any

from IPython.core.completer import provisionalcompleter, rectify_completions

from sagews.protocol.languages import OF_SESSIONS, spoken
from sagews.protocol.names import following
from sagews.session.deadline import within
from sagews.session.shell import SessionShell

DEADLINE = 0.8
"""Seconds after which there are no completions."""
MAX_MATCHES = 500
"""Completions that are told; nobody reads more."""


def complete(shell: SessionShell, code: str, cursor: int) -> dict[str, Any]:
    """Return Jupyter's content of a complete_reply; `cursor` counts code points.

    In code that says it is in the language of a program, names are that program's.
    """
    cursor = min(cursor, len(code))
    language, rest = spoken(code)
    if language not in OF_SESSIONS and cursor >= len(code) - len(rest):
        names, start = following(code, cursor, language, shell.written.of(language))
        told = names[:MAX_MATCHES]
        return {"status": "ok", "matches": told, "cursor_start": start, "cursor_end": cursor, "metadata": {}}
    try:
        with within(DEADLINE), provisionalcompleter():
            found = list(rectify_completions(code, shell.Completer.completions(code, cursor)))[:MAX_MATCHES]
    except Exception:
        # What is being completed has a __dir__ or a key that fails or takes too long.
        found = []
    start, end = (found[0].start, found[0].end) if found else (cursor, cursor)
    types = [
        {"start": each.start, "end": each.end, "text": each.text, "type": each.type or "", "signature": each.signature}
        for each in found
    ]
    return {
        "status": "ok",
        "matches": [each.text for each in found],
        "cursor_start": start,
        "cursor_end": end,
        "metadata": {"_jupyter_types_experimental": types},
    }
