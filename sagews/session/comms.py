"""Comms: messages between objects here and their views in the page, by the `comm` package; ipywidgets uses them.

Inward a message may have a name, `message`: what is sent while it is handled
says so by `parent`, by which a view knows the echo of its own change. A
message of a name that was taken already is not taken again: whoever does not
know whether it got here sends it once more.

Outward a comm's message is an output of kind comm_open, comm_msg or
comm_close. Its body is Jupyter's content, and beside it `metadata`, since
widgets tell their version there. Binary parts travel as buffers.
"""

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sagews.protocol import MAX_NAME
from sagews.protocol import sagews_pb2 as pb
from sagews.session.captures import Captures

INSTALLED = importlib.util.find_spec("comm") is not None
"""Whether this environment has the package; one without widgets need not."""

if INSTALLED:
    import comm
    from comm.base_comm import BaseComm, CommManager

MAX_TAKEN = 10_000
"""Names of messages that are remembered; a page has 4,000 that wait at the most (`web/src/widgets/outbox.ts`)."""

Send = Callable[[pb.OutputKind, Mapping[str, Any], Sequence[bytes]], None]

_KINDS = {
    "comm_open": pb.OUTPUT_KIND_COMM_OPEN,
    "comm_msg": pb.OUTPUT_KIND_COMM_MSG,
    "comm_close": pb.OUTPUT_KIND_COMM_CLOSE,
}


class _Parents:
    """What ipywidgets takes for the kernel's word on which message is handled: without, an Output captures nothing."""

    def get_parent(self) -> Mapping[str, Any]:
        """Return the header of a message."""
        return {"header": {"msg_id": "captured"}}


class Comms:
    """All comms of a session."""

    def __init__(self, send: Send, captures: Captures) -> None:
        self._send = send
        self._captures = captures
        self._parent = ""
        """Name of the message that is handled."""
        self._taken: dict[str, None] = {}
        """Names of messages that were taken; the oldest are forgotten."""
        self._known: Any = CommManager() if INSTALLED else None

    def install(self) -> None:
        """Have the `comm` package, where it is installed, make comms that speak through this session."""
        if not INSTALLED:
            return
        send, captures, comms = self._send, self._captures, self

        class SessionComm(BaseComm):
            """One comm."""

            is_output = False
            """Whether an Output widget speaks through it."""

            @property
            def kernel(self) -> _Parents:
                """What an Output widget asks before it captures."""
                return _Parents()

            def publish_msg(
                self,
                msg_type: str,
                data: dict[str, Any] | None = None,
                metadata: dict[str, Any] | None = None,
                buffers: list[Any] | None = None,
                **keys: Any,
            ) -> None:
                content = {"comm_id": self.comm_id, "data": data or {}, "metadata": metadata or {}, **keys}
                if comms._parent:
                    content["parent"] = comms._parent
                send(_KINDS[msg_type], content, [bytes(buffer) for buffer in buffers or []])
                state = data.get("state") if isinstance(data, dict) else None
                if msg_type == "comm_open" and isinstance(state, dict):
                    captures.opened(self, state)
                elif self.is_output and msg_type == "comm_close":
                    captures.closed(self)
                elif self.is_output and isinstance(state, dict):
                    captures.changed(self, state)

        comm.create_comm = SessionComm
        comm.get_comm_manager = lambda: self._known

    async def receive(self, message: pb.CommMessage) -> None:
        """Hand a message from the page to the comm that it is for; what is not one is dropped."""
        try:
            content = json.loads(message.body)
        except ValueError:
            return
        if not INSTALLED or not isinstance(content, dict) or not isinstance(content.get("comm_id"), str):
            return
        name = content.pop("message", "")
        name = name[:MAX_NAME] if isinstance(name, str) else ""
        if name and not self._is_new(name):
            return
        self._parent = name
        try:
            self._hand_over(message, content)
        finally:
            self._parent = ""

    def _is_new(self, name: str) -> bool:
        """Return whether no message of this name was taken, and know that one is now."""
        if name in self._taken:
            return False
        self._taken[name] = None
        if len(self._taken) > MAX_TAKEN:
            del self._taken[next(iter(self._taken))]
        return True

    def _hand_over(self, message: pb.CommMessage, content: dict[str, Any]) -> None:
        content.setdefault("data", {})
        metadata = content.pop("metadata", {})
        whole = {"content": content, "metadata": metadata, "buffers": [memoryview(each) for each in message.buffers]}
        if message.kind == pb.COMM_KIND_OPEN and isinstance(content.get("target_name"), str):
            self._known.comm_open(None, "", whole)
        elif content["comm_id"] in self._known.comms:
            if message.kind == pb.COMM_KIND_MESSAGE:
                self._known.comm_msg(None, "", whole)
            elif message.kind == pb.COMM_KIND_CLOSE:
                self._known.comm_close(None, "", whole)
