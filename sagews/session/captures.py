"""Captures: what is put out inside `with` of an Output widget becomes that widget's state, and no output of a cell.

An Output widget says by its attribute `msg_id`, which it sends to its views,
from when to when it captures. So it is enough to read what goes through a
comm, and every view shows the same: a page that comes late, another person's.
What other threads put out, and what a process writes that was started, is not
captured. Text is kept up to MOST_TEXT characters of each piece, the last ones.

Setting the outputs sends all of them, so that this is not done for each piece:
after PAUSE at the earliest, and at the end of the cell.
"""

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.session import bodies

PAUSE = 0.05
"""Seconds between two changes of the same widget's outputs."""
MOST_TEXT = 1 << 18
"""Characters of text in a row that an Output widget keeps."""

_TYPES = {
    pb.OUTPUT_KIND_DISPLAY_DATA: ("display_data", ("data", "metadata", "transient")),
    pb.OUTPUT_KIND_EXECUTE_RESULT: ("execute_result", ("data", "metadata", "execution_count")),
    pb.OUTPUT_KIND_ERROR: ("error", ("ename", "evalue", "traceback")),
}
"""Outputs as nbformat has them: their type, and their fields."""


class Capture:
    """What one widget shows."""

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self.outputs: list[dict[str, Any]] = []
        self.changed = False
        self.clears = False
        """The next output takes the place of all before it."""
        self.set_at = 0.0

    def begin(self) -> None:
        """Go on from what the widget shows, which the reader's code may have set."""
        if not self.changed:
            self.outputs = list(self.widget.outputs)

    def add(self, output: dict[str, Any]) -> None:
        """Show one more; text goes on where text ended."""
        if self.clears:
            self.outputs, self.clears = [], False
        last = self.outputs[-1] if self.outputs else {}
        if output["output_type"] == "stream" == last.get("output_type") and last.get("name") == output["name"]:
            output = {**last, "text": (last["text"] + output["text"])[-MOST_TEXT:]}
            self.outputs.pop()
        self.outputs.append(output)
        self.changed = True

    def clear(self, *, waits: bool) -> None:
        """Show nothing, at once or when the next output comes."""
        self.clears = waits
        if not waits:
            self.outputs, self.changed = [], True

    def update(self, display: Any, content: Mapping[str, Any]) -> bool:
        """Show new content where a display of this id is shown; return whether there was one."""
        found = False
        for place, output in enumerate(self.outputs):
            if output.get("transient", {}).get("display_id") == display:
                self.outputs[place] = {**output, "data": content["data"], "metadata": content["metadata"]}
                self.changed = found = True
        return found

    def show(self) -> None:
        """Have the views show it."""
        if self.changed:
            self.changed, self.set_at = False, time.monotonic()
            self.widget.outputs = tuple(self.outputs)


class Captures:
    """The Output widgets of a session, and which of them captures what a thread puts out."""

    def __init__(self) -> None:
        self._known: dict[str, Capture] = {}
        self._within: dict[int, list[Capture]] = {}
        """Of each thread, those whose `with` it is in; the last one takes what it puts out."""
        self._busy = False

    @property
    def are_on(self) -> bool:
        """Whether any thread is in the `with` of a widget."""
        return bool(self._within)

    def opened(self, comm: Any, state: Mapping[str, Any]) -> None:
        """Know that a comm was opened, whose widget may be an Output."""
        if state.get("_model_name") == "OutputModel":
            comm.is_output = True

    def changed(self, comm: Any, state: Mapping[str, Any]) -> None:
        """Know that an Output widget tells its views something: perhaps that it begins or ends to capture."""
        if "msg_id" not in state:
            return
        within = self._within.setdefault(threading.get_ident(), [])
        if state["msg_id"]:
            widget = getattr(getattr(comm, "_msg_callback", None), "__self__", None)
            if widget is None:
                return
            capture = self._known.setdefault(comm.comm_id, Capture(widget))
            capture.begin()
            within.append(capture)
        elif (known := self._known.get(comm.comm_id)) is not None:
            within[:] = [each for each in within if each is not known]
            self._show(known)
            self._show_soon(known)
        if not within:
            del self._within[threading.get_ident()]

    def closed(self, comm: Any) -> None:
        """Know that a widget is no more."""
        capture = self._known.pop(comm.comm_id, None)
        for within in self._within.values():
            within[:] = [each for each in within if each is not capture]

    def takes(self, kind: "pb.OutputKind", content: Mapping[str, Any]) -> bool:
        """Whether an output is taken here, instead of shown by the cell."""
        if kind == pb.OUTPUT_KIND_UPDATE_DISPLAY_DATA:
            display = content.get("transient", {}).get("display_id")
            content = _as_sent(content)
            found = [each for each in self._known.values() if each.update(display, content)]
            for each in found:
                self._show(each)
            return bool(found)
        if (capture := self._current()) is None:
            return False
        if kind == pb.OUTPUT_KIND_CLEAR_OUTPUT:
            capture.clear(waits=bool(content.get("wait")))
        elif kind in _TYPES:
            name, fields = _TYPES[kind]
            capture.add({"output_type": name, **_as_sent({each: content[each] for each in fields if each in content})})
        else:
            return False
        self._show(capture)
        return True

    def writes(self, stream: str, text: str) -> bool:
        """Whether a text is taken here that was written to `stdout` or `stderr`."""
        capture = self._current()
        if capture is None:
            return False
        if text:
            capture.add({"output_type": "stream", "name": stream, "text": text})
            self._show(capture)
        return True

    def show_all(self) -> None:
        """Have the views show what they have not been told yet."""
        for capture in tuple(self._known.values()):
            if capture.changed:
                capture.show()

    def _show_soon(self, capture: Capture) -> None:
        """Show what was put off, since nothing more may come."""
        if not capture.changed or self._busy:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # another thread
            capture.show()
        else:
            loop.call_later(PAUSE, capture.show)

    def _current(self) -> Capture | None:
        within = self._within.get(threading.get_ident())
        return within[-1] if within and not self._busy else None

    def _show(self, capture: Capture) -> None:
        if self._busy or time.monotonic() - capture.set_at < PAUSE:
            return
        # What the reader's observers of `outputs` put out is the cell's.
        self._busy = True
        try:
            capture.show()
        finally:
            self._busy = False


def _as_sent(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a content as it is in an output of a cell: a widget would send bytes, such as a picture's, beside it."""
    sent: dict[str, Any] = json.loads(bodies.encode(content))
    return sent
