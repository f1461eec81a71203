"""Jupyter's messages as SageMathCell has them: JSON, its channel in it, and without buffers. Thinking only, no I/O.

What comes is hostile: a message that is none is passed over, as there, and
what is told back of one is a few short texts of its header.
"""

import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagews.backend.answer import MAX_DEPTH, depth_of
from sagews.protocol import MAX_CODE, MAX_NAME

Json = dict[str, Any]

MAX_MESSAGE = 4 * MAX_CODE
"""Characters of a message: code may take several for each of its own, where JSON escapes them."""
LARGE = 1 << 16
"""Characters, or bytes, from which on a message is read, or made, beside the loop."""
VERSION = "5.3"
"""Of Jupyter's protocol."""

_KEPT = ("msg_id", "username", "session", "msg_type", "date", "version")
_MAX_TEXT = 256
_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_NAME}}}")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a client."""

    kind: str
    header: Json
    """Short texts alone: what answers have as their `parent_header`."""
    content: Json

    @property
    def evaluation(self) -> str:
        """How the evaluation that it asks for is called: as the message, if that can be a name."""
        name: str = self.header["msg_id"]
        return name if _NAME.fullmatch(name) else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()

    def text(self, name: str) -> str:
        """Return a text of its content; empty if that has none of this name."""
        value = self.content.get(name)
        return value if isinstance(value, str) else ""

    def whole(self, name: str, otherwise: int = 0) -> int:
        """Return a whole number of its content that is not negative."""
        value = self.content.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else otherwise


def decode(text: str) -> Message | None:
    """Return the message that a text holds; None if that is none."""
    if len(text) > MAX_MESSAGE:
        return None
    try:
        found = json.loads(text)
        is_deep = depth_of(found) > MAX_DEPTH
    except (ValueError, RecursionError):
        return None
    if is_deep or not isinstance(found, dict):
        return None
    header, content = found.get("header"), found.get("content")
    if not isinstance(header, dict) or not isinstance(content, dict):
        return None
    kept = {name: value for name in _KEPT if isinstance(value := header.get(name), str) and len(value) <= _MAX_TEXT}
    if not kept.get("msg_id") or not kept.get("msg_type"):
        return None
    return Message(kept["msg_type"], kept, content)


def compose(session: str, channel: str, kind: str, content: Json, parent: Json, metadata: Json | None = None) -> str:
    """Return a message of a session to its client, as JSON; `session` is the id by which the client knows it."""
    header = {
        "msg_id": secrets.token_hex(16),
        "msg_type": kind,
        "username": "",
        "session": session,
        "date": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        "version": VERSION,
    }
    return json.dumps(
        {
            "channel": channel,
            "header": header,
            "msg_id": header["msg_id"],
            "msg_type": kind,
            "parent_header": parent,
            "metadata": metadata or {},
            "content": content,
        }
    )
