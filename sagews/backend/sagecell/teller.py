"""What a session tells one client, in Jupyter's messages: busy and idle around each evaluation, a reply at its end.

queued   nothing; again, if another connection has told of it: clear what there is of it
started  status busy, execute_input
output   stream, display_data, execute_result, error, comm_*, input_request
done     execute_reply, status idle
ended    status dead
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from sagews.backend.answer import expressions
from sagews.backend.sagecell import outward
from sagews.backend.sagecell.interacts import UPDATE
from sagews.backend.sagecell.memory import Asked, Known
from sagews.backend.sagecell.message import LARGE, Json, Message, compose
from sagews.backend.sagecell.outward import IOPUB, SHELL
from sagews.backend.sagecell.seat import Seat
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

LISTING = 5.0
"""Seconds that a reply waits for the list of files, which the session gives when the evaluation has ended."""

_SHOWN = {pb.EVALUATION_REASON_DONE, pb.EVALUATION_REASON_ERROR, pb.EVALUATION_REASON_INTERRUPTED}
"""Ends whose reason the reader sees by themselves."""

Send = Callable[[str], None]
"""Sends a message, as JSON."""


class Teller:
    """Tells one client of one session."""

    def __init__(self, name: str, seat: Seat, known: Known, send: Send, *, has_widgets: bool) -> None:
        """`name`: the id by which the client knows the session; `has_widgets`: it may show those of ipywidgets."""
        self._name = name
        self._seat = seat
        self._known = known
        self._send = send
        self._has_widgets = has_widgets
        self._widgets: set[str] = set()
        """Comms of widgets."""
        self._handling: dict[int, Message] = {}
        """Messages of comms, by the ids of their requests, which the session has not taken yet; the oldest first."""
        self._current = ""
        """The evaluation that runs."""
        self._count = 0
        self._error: Json = {}
        self._values: Json = {}
        self._codes: dict[str, str] = {}
        """What waits to be run, by the names of its evaluations."""
        self._listing: asyncio.Future[pb.Event] | None = None
        self.running: dict[str, None] = {}
        """Evaluations that were asked for, and have not ended."""
        self.prompt = 0
        """Number of the input_request that waits for an answer; 0: none does."""
        self.comms: set[str] = set()
        """Comms that the session has opened: a widget of it may still be used."""

    def say(self, channel: str, kind: str, content: Json, parent: Json) -> None:
        """Send a message."""
        self._send(compose(self._name, channel, kind, content, parent))

    def state(self, state: str, parent: Json) -> None:
        """Say that the session is `busy`, `idle` or `dead`."""
        self.say(IOPUB, "status", {"execution_state": state}, parent)

    def handling(self, number: int, message: Message) -> None:
        """Know that a message of a comm was sent to the session, as the request of this number."""
        self._handling[number] = message
        self.state("busy", message.header)

    # -------------------------------------------------------------- events

    async def tell(self, event: pb.Event) -> None:
        """Tell of an event."""
        asked = self._known.asked.get(event.evaluation)
        if asked is None:
            asked = Asked({"msg_id": event.evaluation, "msg_type": "execute_request"} if event.evaluation else {})
        parent = asked.header
        match event.WhichOneof("kind"):
            case "queued":
                self._codes[event.evaluation] = event.queued.code
            case "started":
                self._started(event, asked)
            case "output":
                await self._put_out(event.output, self._parent(parent), event.sequence)
            case "truncated":
                self.say(IOPUB, "stream", outward.cut(event.truncated), parent)
            case "gap":
                self.say(IOPUB, "stream", outward.missing(event.gap), parent)
            case "input_taken":
                self.prompt = 0
            case "done":
                await self._done(event, asked)
            case "comm_handled":
                self._handled(event.request)
            case "failure" if event.request in self._handling:
                self._handled(event.request)
            case "failure" if event.evaluation in self.running:
                self.refuse(asked, event.evaluation, event.failure.what, event.failure.hint)
            case "ended":
                self._ended(event.ended)
        self._known.sequence = max(self._known.sequence, event.sequence)

    def _parent(self, parent: Json) -> Json:
        """Return the header of what the session acts upon, and puts something out for: a cell, or else a message."""
        if self._current or not self._handling:
            return parent
        return next(iter(self._handling.values())).header

    def _handled(self, number: int) -> None:
        """Answer a message of a comm, which the session has taken."""
        message = self._handling.pop(number, None)
        if message is None:
            return
        if message.kind == UPDATE:
            reply = {"status": "ok", "execution_count": self._count, "user_expressions": {}, "payload": []}
            self.say(SHELL, f"{UPDATE}_reply", reply, message.header)
        self.state("idle", message.header)

    def _started(self, event: pb.Event, asked: Asked) -> None:
        if event.evaluation not in self.running:
            self._clear(asked.header)
            self.running[event.evaluation] = None
            self._known.asked[event.evaluation] = asked
        asked.began_after = event.sequence - 1
        self._current = event.evaluation
        self._count += 1
        self._error, self._values, self.prompt = {}, {}, 0
        self.state("busy", asked.header)
        code = self._codes.pop(event.evaluation, "")
        self.say(IOPUB, "execute_input", {"code": code, "execution_count": self._count}, asked.header)
        if asked.files:
            # Asked while it runs, it is answered when that has ended, and before the next one begins.
            with suppress(RefusedRequest):
                self._listing = self._seat.ask(pb.Request(list_files=pb.ListFiles()))

    def _clear(self, parent: Json) -> None:
        """Have the client clear what it has of an evaluation that is told of once more."""
        self.say(IOPUB, "clear_output", {"wait": False}, parent)
        self.say(IOPUB, "display_data", {"data": {"application/sage-clear": {"changed": []}}, "metadata": {}}, parent)

    async def _put_out(self, output: pb.Output, parent: Json, sequence: int) -> None:
        if output.kind == pb.OUTPUT_KIND_EXPRESSIONS:
            with suppress(ValueError):
                self._values = expressions(output.body)
            return
        if len(output.body) < LARGE:
            channel, kind, content = outward.of_output(output)
            text = compose(self._name, channel, kind, content, parent)
        else:
            channel, kind, content = await asyncio.to_thread(outward.of_output, output)
            text = await asyncio.to_thread(compose, self._name, channel, kind, content, parent)
        match kind:
            case "error":
                self._error = content
            case "execute_result" if isinstance(count := content.get("execution_count"), int):
                self._count = count
            case "input_request":
                self.prompt = sequence
            case "comm_open" if len(self.comms) < _MAX_COMMS:
                self.comms.add(str(content.get("comm_id")))
            case "comm_close":
                self.comms.discard(str(content.get("comm_id")))
        is_widget = self._is_widget(kind, content)
        pieces = self._known.interacts.of(kind, content, len(output.body))
        if (pieces is None or kind == "comm_msg") and not (is_widget and not self._has_widgets):
            self._send(text)
        for one, body, metadata in pieces or ():
            self._send(compose(self._name, IOPUB, one, body, parent, metadata))

    def _is_widget(self, kind: str, content: Json) -> bool:
        """Whether a message is of a widget's comm: a client that has none would close it."""
        comm = str(content.get("comm_id"))
        if kind == "comm_open" and str(content.get("target_name")).startswith("jupyter.widget"):
            if len(self._widgets) < _MAX_COMMS:
                self._widgets.add(comm)
            return True
        return kind.startswith("comm_") and comm in self._widgets

    async def _done(self, event: pb.Event, asked: Asked) -> None:
        done, parent = event.done, asked.header
        self._current = ""
        new = await self._new_files() if asked.files else []
        if done.reason not in _SHOWN and done.text:
            self.say(IOPUB, "stream", outward.said(done.text), parent)
        reply: Json = {"execution_count": self._count, "user_expressions": self._values}
        reply["payload"] = [{"source": "sage", "new_files": new}] if new else []
        match done.reason:
            case pb.EVALUATION_REASON_DONE:
                reply["status"] = "ok"
            case pb.EVALUATION_REASON_NOT_RUN:
                reply["status"] = "aborted"
            case _:
                said = {"ename": "Stopped", "evalue": done.text, "traceback": []}
                reply |= {"status": "error", **said, **self._error}
        asked.ended = time.monotonic()
        self._end(event.evaluation, reply, parent)

    def refuse(self, asked: Asked, evaluation: str, what: str, hint: str) -> None:
        """Answer an evaluation that is not run."""
        text = f"Not evaluated: {what}. {hint[:1].upper()}{hint[1:]}."
        self.say(IOPUB, "stream", outward.said(text), asked.header)
        said = {"status": "error", "ename": "Refused", "evalue": text, "traceback": []}
        reply = {**said, "execution_count": self._count, "user_expressions": {}, "payload": []}
        self._end(evaluation, reply, asked.header)

    def _end(self, evaluation: str, reply: Json, parent: Json) -> None:
        self.running.pop(evaluation, None)
        self._codes.pop(evaluation, None)
        self.say(SHELL, "execute_reply", reply, parent)
        self.state("idle", parent)

    def _ended(self, ended: pb.Ended) -> None:
        if ended.reason != pb.SESSION_REASON_CLOSED:
            self.say(IOPUB, "stream", outward.said(ended.text), {})
        self.state("dead", {})

    # --------------------------------------------------------------- files

    async def _new_files(self) -> list[str]:
        """Return the names of the files that are new, or have changed, since the client was told last."""
        listing, self._listing = self._listing, None
        if listing is None:
            return []
        try:
            async with asyncio.timeout(LISTING):
                event = await listing
        except (TimeoutError, asyncio.CancelledError):
            if not listing.done() or listing.cancelled():
                return []
            raise
        new = []
        for entry in event.files_listed.entries:
            at = entry.size, entry.modified
            if entry.kind == pb.FILE_KIND_FILE and self._known.files.get(entry.name) != at:
                self._known.files[entry.name] = at
                new.append(entry.name.decode("utf-8", "replace"))
        return new


_MAX_COMMS = 10_000
"""Comms that are counted."""
