"""After an evaluation that was interrupted: the next one waits until no interrupt can meet it any more.

An interrupt goes from here to the init, from there as a signal to the
session, and may come when the evaluation that it was for has just ended by
itself. So the init tells when the signal is sent, and then the session is
asked a question: it has had the signal when it reads that, and answers when
it has dropped it (see `session/interrupt.py`).
"""

import asyncio
import contextlib
from collections.abc import Callable

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.process import SessionProcess
from sagews.worker.questions import Questions
from sagews.worker.refusal import Refusal

DEADLINE = 1.0
"""Seconds after which the next evaluation is sent all the same: a session that does not answer harms itself alone."""


class Settling:
    """The wait after one interrupted evaluation of a session."""

    def __init__(self, process: SessionProcess, questions: Questions, then: Callable[[], None]) -> None:
        """Wait; call `then` once the session has had every interrupt."""
        self._process = process
        self._questions = questions
        self._then = then
        self._is_asked = False
        self._timer = asyncio.get_running_loop().call_later(DEADLINE, self._settled)
        self.go_on()

    def go_on(self) -> None:
        """Ask the session, if its init has sent every interrupt."""
        if self._is_asked or self._process.interrupts_on_their_way:
            return
        self._is_asked = True
        question = pb.Request(inspect=pb.Inspect())
        with contextlib.suppress(Refusal):  # It has not answered a thousand others either.
            question.id = self._questions.add(question, lambda answer: self._settled())
            self._process.send(question, at_once=True)

    def stop(self) -> None:
        """Wait no more, and call nothing."""
        self._timer.cancel()

    def _settled(self) -> None:
        if not self._timer.cancelled():
            self._timer.cancel()
            self._then()
