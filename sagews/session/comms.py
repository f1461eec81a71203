"""Comms: messages between objects here and their views in the page, by the `comm` package; ipywidgets uses them.

Outward a comm's message is an output of kind comm_open, comm_msg or
comm_close. Its body is Jupyter's content, and beside it `metadata`, since
widgets tell their version there. Binary parts travel as buffers.
"""

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sagews.protocol import sagews_pb2 as pb

INSTALLED = importlib.util.find_spec("comm") is not None
"""Whether this environment has the package; one without widgets need not."""

if INSTALLED:
    import comm
    from comm.base_comm import BaseComm, CommManager

Send = Callable[[pb.OutputKind, Mapping[str, Any], Sequence[bytes]], None]

_KINDS = {
    "comm_open": pb.OUTPUT_KIND_COMM_OPEN,
    "comm_msg": pb.OUTPUT_KIND_COMM_MSG,
    "comm_close": pb.OUTPUT_KIND_COMM_CLOSE,
}


class Comms:
    """All comms of a session."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._known: Any = CommManager() if INSTALLED else None

    def install(self) -> None:
        """Have the `comm` package, where it is installed, make comms that speak through this session."""
        if not INSTALLED:
            return
        send = self._send

        class SessionComm(BaseComm):
            """One comm."""

            def publish_msg(
                self,
                msg_type: str,
                data: dict[str, Any] | None = None,
                metadata: dict[str, Any] | None = None,
                buffers: list[Any] | None = None,
                **keys: Any,
            ) -> None:
                content = {"comm_id": self.comm_id, "data": data or {}, "metadata": metadata or {}, **keys}
                send(_KINDS[msg_type], content, [bytes(buffer) for buffer in buffers or []])

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
