"""How many requests of one connection are acted upon at once: each kind has places, and none takes those of another.

What ends or answers something always finds one, whatever else was asked for.
"""

from collections import Counter

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_fields import RefusedRequest

MOST_WAITING = 32
"""Requests of one connection that are acted upon at once."""
MOST_QUESTIONS = 2
"""Of them, those that the session answers between evaluations: they wait as long as something runs."""
MOST_LOADS = 4
"""Of them, those for outputs, which are read one after the other."""
MOST_FROM_WIDGETS = 16
"""Of them, messages of widgets to the session, which takes them between evaluations."""
MOST_COMMANDS = 8
"""Requests that end or answer something, beside the others."""
_QUESTION, _LOAD, _COMMAND, _WIDGET, _OTHER = "question", "load", "command", "widget", "other"
_SORTS = {
    "complete_in_worksheet": _QUESTION,
    "inspect_in_worksheet": _QUESTION,
    "get_outputs": _LOAD,
    "comm_in_worksheet": _WIDGET,
    **dict.fromkeys(("interrupt_worksheet", "restart_worksheet", "answer_input", "close_worksheet"), _COMMAND),
}
_MOST = {_QUESTION: MOST_QUESTIONS, _LOAD: MOST_LOADS, _COMMAND: MOST_COMMANDS, _WIDGET: MOST_FROM_WIDGETS}


class Places:
    """Those of one connection."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, kind: str) -> None:
        """Take a place for a request. Raises RefusedRequest if there is none."""
        sort = _SORTS.get(kind, _OTHER)
        others = self._taken.total() - self._taken[_COMMAND]
        most = _MOST.get(sort, MOST_WAITING)
        if self._taken[sort] >= most or (sort is not _COMMAND and others >= MOST_WAITING):
            hint = "wait for the answers to those before it"
            raise RefusedRequest(pb.FAILURE_CODE_FULL, f"is beyond {most} at once", f"message {kind!r}", hint)
        self._taken[sort] += 1

    def give_back(self, kind: str) -> None:
        """Give the place of a request back, which has been acted upon."""
        self._taken[_SORTS.get(kind, _OTHER)] -= 1
