"""`/kernel/ID/channels`: one client's messages to one session, and that session's to it.

Messages come in order and are acted upon one after the other; events go out
in order. A message of no known kind is passed over. When the connection is
lost, the session lives on for its grace period, and who comes back by its id
hears what they have missed (`memory.py`).

What runs alone, and is not linked, is of no use when it has ended: such a
session is closed after LINGER, in which its files are fetched, unless it has
a widget.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from sagews.backend.outlet import Outlet
from sagews.backend.quotas import Counted
from sagews.backend.rates import EVALUATIONS, Rates
from sagews.backend.reader import Reader
from sagews.backend.sagecell import questions
from sagews.backend.sagecell.ids import Id
from sagews.backend.sagecell.memory import Asked, Memory
from sagews.backend.sagecell.message import Json, Message
from sagews.backend.sagecell.seat import Seat
from sagews.backend.sagecell.teller import Teller
from sagews.backend.sessions import Sessions
from sagews.protocol import MAX_CODE
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_requests import RefusedRequest

MAX_WAITING = 100
"""Messages that wait to be acted upon; further ones are not read."""
MAX_EXPRESSIONS = 50
"""Expressions of one evaluation whose values may be asked for."""
MAX_EXPRESSION = 10_000
"""Characters of one."""
LINGER = 60.0
"""Seconds for which a session that runs alone is kept when it has nothing to do any more."""
FILES = "_sagecell_files"
"""The expression by which SageMathCell's library asks for new files."""

log = structlog.get_logger()


class Lingering(Protocol):
    """Where those are known that have nothing to do any more."""

    def rest(self, channels: "Channels") -> None:
        """Know that a session has nothing to do any more."""

    def wake(self, channels: "Channels") -> None:
        """Know that it has again, or that it is gone."""


class Channels:
    """One client at one session."""

    def __init__(
        self,
        identity: Id,
        reader: Reader,
        outlet: Outlet,
        send: Callable[[str], None],
        sessions: Sessions,
        rates: Rates,
        memory: Memory,
        lingering: Lingering,
        *,
        has_widgets: bool,
    ) -> None:
        """`send` takes a message to the client; `has_widgets`: it may show those of ipywidgets."""
        self.identity = identity
        self.reader = reader
        self._sessions = sessions
        self._rates = rates
        self._memory = memory
        self._lingering = lingering
        self._known = memory.enter(identity, self.close)
        self._seat = Seat(reader.name, lambda: outlet.congested, lambda: outlet.close(1013, "you read too slowly"))
        self._teller = Teller(str(identity), self._seat, self._known, send, has_widgets=has_widgets)
        self._inward: asyncio.Queue[Message] = asyncio.Queue(MAX_WAITING)
        self._questions = questions.Questions(self._seat, self._teller, self._known.interacts)
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = [asyncio.create_task(self._serve())]
        self._counted: dict[str, Counted] = {}
        """What was counted of evaluations of which nothing was heard yet."""
        self.closed = False
        self.gone = False
        """Whether there is no such session, or none any more."""

    async def receive(self, message: Message) -> None:
        """Act on a message, when those before it are acted upon."""
        if not self.closed:
            await self._inward.put(message)

    def close(self) -> None:
        """Let the session go: the client is gone, or has come by another connection."""
        self.closed = True
        if self._known.leave == self.close:
            self._known.leave = None
        if self._timer is not None:
            self._timer.cancel()
        self._lingering.wake(self)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        while not self._inward.empty():
            self._inward.get_nowait()
        self._questions.close()
        self._seat.leave()

    def end(self) -> None:
        """Close the session, because nothing of it is wanted any more."""
        with suppress(RefusedRequest):
            self._seat.send(pb.Request(close=pb.Close()))

    def drained(self) -> None:
        """Know from the transport that it is behind no longer."""
        self._seat.regulate()

    # ------------------------------------------------------------- inward

    async def _serve(self) -> None:
        try:
            await self._seat.join(self._sessions, self.identity.session, self.identity.token, self._known.heard)
        except RefusedRequest as refused:
            self._lost(refused)
            return
        except Exception:
            log.exception("session not attached", reader=self.reader.address)
            return
        self._tasks.append(asyncio.create_task(self._tell()))
        while True:
            message = await self._inward.get()
            try:
                await self._act(message)
            except RefusedRequest:
                # It ended at this moment, which is told by itself.
                continue
            except Exception:
                log.exception("message not acted upon", kind=message.kind[:40], reader=self.reader.address)

    def _lost(self, refused: RefusedRequest) -> None:
        """Tell whoever asks that there is no such session, or that it cannot be had."""
        while not self._inward.empty():
            message = self._inward.get_nowait()
            if message.kind == "execute_request":
                self._teller.refuse(Asked(message.header), "", f"the session {refused.what}", refused.hint)
        self._teller.state("dead", {})
        self.gone = refused.code in (pb.FAILURE_CODE_UNKNOWN_SESSION, pb.FAILURE_CODE_WRONG_TOKEN)
        if self.gone:
            self._memory.forget(self.identity)
        self.close()

    async def _act(self, message: Message) -> None:
        match message.kind:
            case "execute_request":
                await self._execute(message)
            case "input_reply" if self._teller.prompt:
                reply = pb.InputReply(sequence=self._teller.prompt, text=message.text("value")[:MAX_CODE])
                self._seat.send(pb.Request(input_reply=reply))
            case "interrupt_request":
                self._seat.send(pb.Request(interrupt=pb.Interrupt()))
                self._teller.say("control", "interrupt_reply", {"status": "ok"}, message.header)
            case "shutdown_request":
                self._teller.say("control", "shutdown_reply", {"status": "ok", "restart": False}, message.header)
                self.end()
            case _:
                self._questions.take(message)

    async def _execute(self, message: Message) -> None:
        name, code = message.evaluation, message.text("code")
        wished = message.content.get("user_expressions")
        wished = wished if isinstance(wished, dict) else {}
        asked = Asked(message.header, files=FILES in wished)
        try:
            expressions = _expressions(wished)
            evaluate = pb.Evaluate(
                evaluation=name,
                code=_checked(code),
                without_input=message.content.get("allow_stdin") is not True,
                expressions=expressions,
            )
            counted = await self._rates.take(EVALUATIONS, self.reader)
            self._awake()
            self._known.asked[name] = asked
            self._teller.running[name] = None
            self._counted[name] = counted
            try:
                self._seat.send(pb.Request(evaluate=evaluate))
            except RefusedRequest:
                self._give_back(name)
                raise
        except RefusedRequest as refused:
            self._teller.refuse(asked, name, f"{refused.noun} {refused.what}", refused.hint)
            self._rest()

    # ------------------------------------------------------------ outward

    async def _tell(self) -> None:
        try:
            while (event := await self._seat.next()) is not None:
                match event.WhichOneof("kind"):
                    case "started":
                        self._counted.pop(event.evaluation, None)
                    case "failure":
                        self._give_back(event.evaluation)
                await self._teller.tell(event)
                if event.WhichOneof("kind") in {"done", "failure"}:
                    self._rest()
        except Exception:
            log.exception("event not told", reader=self.reader.address)
        self.gone = True
        self._memory.forget(self.identity)
        self.close()

    def _give_back(self, evaluation: str) -> None:
        """Take back what was counted of an evaluation that is not run."""
        if (counted := self._counted.pop(evaluation, None)) is not None:
            self._rates.give_back(counted)

    def _rest(self) -> None:
        """End the session in a while if it has nothing to do any more."""
        is_used = self.identity.linked or self._teller.running or self._teller.comms or self._known.interacts
        if is_used or self._timer is not None:
            return
        self._timer = asyncio.get_running_loop().call_later(LINGER, self.end)
        self._lingering.rest(self)

    def _awake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._lingering.wake(self)


def _checked(code: str) -> str:
    """Return code that can be sent on. Raises RefusedRequest."""
    try:
        size = len(code.encode())
    except UnicodeEncodeError as error:
        what, hint = "holds half a surrogate pair", "remove that character"
        raise RefusedRequest(pb.FAILURE_CODE_BAD_MESSAGE, what, "the code", hint) from error
    if size > MAX_CODE:
        what, hint = f"is over {MAX_CODE:,} bytes", "load large data from a file instead"
        raise RefusedRequest(pb.FAILURE_CODE_TOO_LARGE, what, "the code", hint)
    return code


def _expressions(wished: Json) -> dict[str, str]:
    """Return the expressions whose values are wanted. Raises RefusedRequest."""
    found = {name: code for name, code in wished.items() if name != FILES and isinstance(code, str)}
    if len(found) > MAX_EXPRESSIONS or any(len(name) + len(code) > MAX_EXPRESSION for name, code in found.items()):
        what, hint = "are too many, or too long", f"send {MAX_EXPRESSIONS} of {MAX_EXPRESSION:,} characters at most"
        raise RefusedRequest(pb.FAILURE_CODE_TOO_LARGE, what, "the user_expressions", hint)
    return {_checked(name): _checked(code) for name, code in found.items()}
