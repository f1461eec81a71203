"""After an evaluation that was interrupted: the next one waits until no interrupt can meet it any more.

An interrupt is a signal, and may come when the evaluation that it was for has
just ended by itself. So the session is asked a question: it has had the
signal when it reads that, and answers when it has dropped it (see
`session/interrupt.py`).
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
        """Wait; call `then` once the session has had every interrupt that was sent."""
        self._then = then
        self._timer = asyncio.get_running_loop().call_later(DEADLINE, self._settled)
        question = pb.Request(inspect=pb.Inspect())
        with contextlib.suppress(Refusal):  # It has not answered a thousand others either.
            question.id = questions.add(question, lambda answer: self._settled())
            process.send(question, at_once=True)

    def stop(self) -> None:
        """Wait no more, and call nothing."""
        self._timer.cancel()

    def _settled(self) -> None:
        if not self._timer.cancelled():
            self._timer.cancel()
            self._then()
