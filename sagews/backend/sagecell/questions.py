"""What a client asks of a session beside evaluating: what it is, completions, documentation, messages of widgets."""

import asyncio
import json

import sagews
from sagews.backend.answer import decode_body
from sagews.backend.sagecell.interacts import UPDATE, Interacts
from sagews.backend.sagecell.message import VERSION, Json, Message
from sagews.backend.sagecell.outward import SHELL
from sagews.backend.sagecell.seat import Seat
from sagews.backend.sagecell.teller import Teller
from sagews.protocol import MAX_CODE
from sagews.protocol import sagews_pb2 as pb

MAX_ASKED = 100
"""Questions of one client that wait for an answer; further ones are passed over."""

_COMMS = {
    "comm_open": pb.COMM_KIND_OPEN,
    "comm_msg": pb.COMM_KIND_MESSAGE,
    "comm_close": pb.COMM_KIND_CLOSE,
}
_AT_ONCE: dict[str, tuple[str, Json]] = {
    "kernel_info_request": (
        "kernel_info_reply",
        {
            "status": "ok",
            "protocol_version": VERSION,
            "implementation": "sagews",
            "implementation_version": sagews.__version__,
            "language_info": {
                "name": "python",
                "version": "3",
                "mimetype": "text/x-python",
                "file_extension": ".py",
                "codemirror_mode": {"name": "ipython", "version": 3},
                "pygments_lexer": "ipython3",
            },
            "banner": f"sagews {sagews.__version__}",
            "help_links": [],
        },
    ),
    "comm_info_request": ("comm_info_reply", {"status": "ok", "comms": {}}),
    "is_complete_request": ("is_complete_reply", {"status": "unknown"}),
    "history_request": ("history_reply", {"status": "ok", "history": []}),
}
"""Questions that have one answer for every session."""


class Questions:
    """Those of one client to one session."""

    def __init__(self, seat: Seat, teller: Teller, interacts: Interacts) -> None:
        self._seat = seat
        self._teller = teller
        self._interacts = interacts
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, message: Message) -> None:
        """Ask, and answer when the session does. Raises RefusedRequest."""
        if (at_once := _AT_ONCE.get(message.kind)) is not None:
            kind, content = at_once
            self._teller.state("busy", message.header)
            self._teller.say(SHELL, kind, content, message.header)
            self._teller.state("idle", message.header)
            return
        request = self._interacts.request_of(message) if message.kind == UPDATE else request_of(message)
        if request is None or len(self._tasks) >= MAX_ASKED:
            return
        if request.HasField("comm_message"):
            self._seat.send(request)
            self._teller.handling(request.id, message)
            return
        answer = self._seat.ask(request)
        self._teller.state("busy", message.header)
        task = asyncio.get_running_loop().create_task(self._answered(message, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Answer nothing any more."""
        for task in self._tasks:
            task.cancel()

    async def _answered(self, message: Message, answer: "asyncio.Future[pb.Event]") -> None:
        event = await answer
        if (said := reply_of(message, event)) is not None:
            self._teller.say(SHELL, *said, message.header)
        self._teller.state("idle", message.header)


def request_of(message: Message) -> pb.Request | None:
    """Return what the session is asked for a message; None: it is no question, or too large."""
    match message.kind:
        case "complete_request":
            # That of SageMathCell's library, which knows no session, has a line alone.
            code = message.text("code") or message.text("line")
            complete = pb.Complete(code=_usual(code), cursor=message.whole("cursor_pos", len(code)))
            return pb.Request(complete=complete)
        case "inspect_request":
            code = message.text("code")
            inspect = pb.Inspect(code=_usual(code), cursor=message.whole("cursor_pos", len(code)))
            inspect.detail = min(message.whole("detail_level"), 1)
            return pb.Request(inspect=inspect)
        case "object_info_request":
            name = message.text("oname")
            inspect = pb.Inspect(code=_usual(name), cursor=len(name), detail=min(message.whole("detail_level"), 1))
            return pb.Request(inspect=inspect)
        case kind if kind in _COMMS:
            body = {name: value for name, value in message.content.items() if name in {"comm_id", "data"}}
            if message.kind == "comm_open":
                body["target_name"] = message.text("target_name")
            text = json.dumps({**body, "message": message.header["msg_id"]})
            return pb.Request(comm_message=pb.CommMessage(kind=_COMMS[kind], body=text.encode()))
    return None


def reply_of(message: Message, event: pb.Event) -> tuple[str, Json] | None:
    """Return kind and content of the reply that an event is to a message; None: there is none to it."""
    match event.WhichOneof("kind"):
        case "completed":
            return "complete_reply", _fields(
                event.completed.body, ("matches", "cursor_start", "cursor_end", "metadata")
            )
        case "inspected":
            kind = message.kind.replace("_request", "_reply")
            content = _fields(event.inspected.body, ("found", "data", "metadata"))
            return kind, {**content, "name": message.text("oname")} if kind == "object_info_reply" else content
        case "failure":
            said = {"status": "error", "ename": "Refused", "evalue": event.failure.what, "traceback": []}
            nothing = {"matches": [], "cursor_start": 0, "cursor_end": 0, "found": False, "data": {}, "metadata": {}}
            return message.kind.replace("_request", "_reply"), {**said, **nothing}
    return None


def _fields(body: bytes, names: tuple[str, ...]) -> Json:
    try:
        found = decode_body(body)
    except ValueError:
        return {"status": "error", "ename": "Error", "evalue": "", "traceback": [], "matches": [], "found": False}
    return {"status": "ok", **{name: found[name] for name in names if name in found}}


def _usual(code: str) -> str:
    """Return as much of a code as can be asked about."""
    return code[: MAX_CODE // 4].encode("utf-8", "replace").decode()
