"""One session as the worker keeps it: its queue, its limits, its events, its end.

Requests come in from links, reports and text from its process; what goes out
is events, numbered here and kept in the replay, from which every attachment
is fed. The process can claim nothing about itself: ids, numbers, times,
reasons and limits are all set here.
"""

import asyncio
import secrets
import time
from collections.abc import Callable

import structlog

from sagews.errors import ProtocolError
from sagews.protocol import MAX_BODY
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import files, words
from sagews.worker.attachment import Attachment, Receiver
from sagews.worker.evaluations import Evaluation, EvaluationQueue
from sagews.worker.limits import Clock, Deadline, lowered
from sagews.worker.process import SessionProcess
from sagews.worker.refusal import Refusal
from sagews.worker.replay import Replay
from sagews.worker.text import cut, stream_body

log = structlog.get_logger()

_SESSION_REASONS = {
    Deadline.IDLE: pb.SESSION_REASON_IDLE,
    Deadline.LIFETIME: pb.SESSION_REASON_LIFETIME,
    Deadline.GRACE: pb.SESSION_REASON_ABANDONED,
}
_REPORTED_KINDS = frozenset(pb.OutputKind.values()) - {pb.OUTPUT_KIND_UNSPECIFIED, pb.OUTPUT_KIND_STREAM}
"""Outputs that a session may report; streams are made here, from its descriptors."""

_ANSWERED_BY_BODY = frozenset({"complete", "inspect"})
"""Questions whose answer is JSON that nobody parses on the way."""

Answer = Callable[[pb.Event], None]

MAX_ASKED = 1000
"""Questions that may wait for a session's answer."""
MAX_REPLY = 1 << 20
"""Bytes of one such answer."""
MAX_BUFFERS = 256
"""Buffers of one output."""
OVERHEAD = 64
"""Bytes that an output counts beside its own, so that empty ones are not for nothing."""
INTERRUPT_ON_ITS_WAY = 0.05
"""Seconds after an evaluation that ended by itself while it was being interrupted, before the next one starts."""


class Session:
    """A live session and, for a while after its end, its last events."""

    def __init__(
        self,
        name: str,
        environment: str,
        limits: pb.Limits,
        process: SessionProcess,
        *,
        reader: str,
        replay_bytes: int,
        max_waiting: int,
        interrupt_pause: float,
        on_done: Callable[[pb.EvaluationReason], None],
        on_end: Callable[["Session"], None],
    ) -> None:
        self.name = name
        self.environment = environment
        self.limits = limits
        self.reader = reader
        """Account or address of whom it was opened for."""
        self.token = secrets.token_urlsafe(24)
        self.started = time.time()
        self.ended: pb.Ended | None = None
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._replay = Replay(replay_bytes)
        self._queue = EvaluationQueue()
        self._max_waiting = max_waiting
        self._interrupt_pause = interrupt_pause
        self._on_done = on_done
        self._on_end = on_end
        self._present: set[Receiver] = set()
        self._attachments: set[Attachment] = set()
        self._answers: dict[int, tuple[pb.Request, Answer]] = {}
        self._next_answer = 0
        self._ending: pb.SessionReason | None = None
        self._unstoppable = False
        now = self._loop.time()
        self._clock = Clock(opened=now, active=now, abandoned=now)
        self._timer: asyncio.TimerHandle | None = None
        self._escalation: asyncio.TimerHandle | None = None
        self._hold: asyncio.TimerHandle | None = None
        process.owner = self
        self._set_timer()

    @property
    def doing(self) -> str:
        """What it does, for whoever counts: `evaluating`, `idle`, or `alone`, which nobody is attached to."""
        if self._queue.running is not None:
            return "evaluating"
        return "idle" if self._present else "alone"

    # ------------------------------------------------------- attachments

    @property
    def pid(self) -> int:
        """The process id of its main process."""
        return self._process.pid

    @property
    def last_sequence(self) -> int:
        """Number of the newest event."""
        return self._replay.last

    def enter(self, receiver: Receiver) -> None:
        """Know that somebody is there, be it only for a replay."""
        self._present.add(receiver)
        self._clock.abandoned = None
        self._set_timer()

    def leave(self, receiver: Receiver) -> None:
        """Know that somebody is gone; when it was the last, the grace period begins."""
        self._present.discard(receiver)
        if not self._present:
            self._clock.abandoned = self._loop.time()
            self._set_timer()

    def attach(self, attachment: Attachment) -> None:
        """Feed every further event to an attachment, beginning after its own number."""
        self._attachments.add(attachment)
        attachment.pump()

    def detach(self, attachment: Attachment) -> None:
        """Stop feeding an attachment."""
        self._attachments.discard(attachment)

    def attachment(self, receiver: Receiver, after: int, request: int = 0) -> Attachment:
        """Return a cursor on this session's events for a link."""
        return Attachment(self.name, self._replay, receiver, after, request)

    # ---------------------------------------------------------- requests

    def evaluate(self, wish: pb.Evaluate) -> None:
        """Queue an evaluation. One that is known already runs nothing. Raises Refusal."""
        self._touch()
        if self._queue.knows(wish.evaluation):
            return
        if self._queue.waiting >= self._max_waiting:
            raise Refusal(
                pb.FAILURE_CODE_FULL,
                f"{self._queue.waiting} evaluations wait already",
                f"session {self.name}",
                "wait for some to end, or interrupt",
            )
        evaluation = Evaluation(
            name=wish.evaluation,
            cell=wish.cell,
            code=wish.code,
            without_input=wish.without_input,
            limits=lowered(self.limits, wish.limits),
        )
        queued = self._event(evaluation.name)
        queued.queued.cell = wish.cell
        queued.queued.code = wish.code
        queued.queued.waiting = self._queue.before_next
        self._queue.add(evaluation)
        self._publish(queued)
        self._start_next()

    def interrupt(self) -> None:
        """Interrupt the running evaluation and drop those that wait."""
        self._touch()
        self._drop_waiting("the session was interrupted")
        if (running := self._queue.running) is not None:
            if running.stopping is None:
                running.stopping = pb.EVALUATION_REASON_INTERRUPTED
            self._process.interrupt()

    def input_reply(self, reply: pb.InputReply) -> None:
        """Answer the input request that the reply names; one that is over already is dropped."""
        self._touch()
        running = self._queue.running
        if running is None or not running.pending_input or running.pending_input != reply.sequence:
            return
        self._input_taken(running)
        self._process.send(pb.Request(input_reply=reply), at_once=True)

    def ask(self, request: pb.Request, answer: Answer) -> None:
        """Send a question, or a comm message, which has no answer; `answer` gets the event that answers.

        Every question gets one: the end of the session answers what is open then.
        """
        self._touch()
        forward = pb.Request()
        forward.CopyFrom(request)
        if request.WhichOneof("kind") != "comm_message":
            if len(self._answers) >= MAX_ASKED:
                raise Refusal(
                    pb.FAILURE_CODE_FULL, f"has {MAX_ASKED} questions to answer", f"session {self.name}", "wait"
                )
            self._next_answer += 1
            self._answers[self._next_answer] = (files.question(request), answer)
            forward.id = self._next_answer
        if not self._process.send(forward):
            self._answers.pop(forward.id, None)
            raise Refusal(
                pb.FAILURE_CODE_FULL, "does not read its messages", f"session {self.name}", "interrupt or restart it"
            )

    def close(self, reason: pb.SessionReason) -> None:
        """End the session with all its processes; `Ended` follows when they are gone."""
        if self._ending is None:
            self._ending = reason
        self._process.kill()

    # ------------------------------------------- what the process tells us

    def reported(self, report: pb.Report) -> None:
        """Take a report from the session's channel."""
        match report.WhichOneof("kind"):
            case "output":
                self._output(report.output)
            case "finished":
                self._finished(report.finished.status)
            case "reply":
                self._reply(report.reply)
            case "file_reply":
                self._file_reply(report.file_reply)

    def wrote(self, stream: str, text: str) -> None:
        """Take a piece of text from descriptor 1 or 2; counted as its UTF-8, however it came in pieces."""
        if (evaluation := self._queue.running or self._queue.last) is None:
            return
        size = len(text.encode())
        limit = evaluation.limits.output_bytes
        room = limit - evaluation.output_bytes
        evaluation.output_bytes += size
        if evaluation.truncated:
            return
        if kept := cut(text, room) if limit and size > room else text:
            self._emit(evaluation, pb.Output(kind=pb.OUTPUT_KIND_STREAM, body=stream_body(stream, kept)))
        if kept != text:
            self._truncate(evaluation, limit)

    def violated(self, what: str) -> None:
        """Kill a session that breaks the protocol of its channel."""
        log.warning("session broke the protocol", session=self.name, reader=self.reader, what=what)
        self._process.kill()

    def exited(self, exit_status: int | None, killed_by: int | None) -> None:
        """Tell everybody that the session has ended and why, when all its processes are gone."""
        try:
            self._tell_end(exit_status, killed_by)
        finally:
            self._on_end(self)

    def _tell_end(self, exit_status: int | None, killed_by: int | None) -> None:
        reason, status = self._reason_of_end(exit_status, killed_by)
        if (running := self._queue.running) is not None:
            self._done(running.stopping or pb.EVALUATION_REASON_SESSION_ENDED)
        self._drop_waiting("the session ended")
        text = words.UNSTOPPABLE if self._unstoppable else words.ended(reason, self.limits, status)
        self.ended = pb.Ended(reason=reason, status=status, text=text)
        event = self._event("")
        event.ended.CopyFrom(self.ended)
        self._publish(event)
        for timer in (self._timer, self._escalation, self._hold):
            if timer is not None:
                timer.cancel()
        self._fail_answers()

    # ------------------------------------------------------------ within

    def _output(self, output: pb.Output) -> None:
        evaluation = self._queue.running or self._queue.last
        if evaluation is None or output.kind not in _REPORTED_KINDS:
            return
        output.DiscardUnknownFields()
        size = output.ByteSize()
        if size > MAX_BODY + MAX_BUFFERS * OVERHEAD or len(output.buffers) > MAX_BUFFERS:
            self.violated(f"sent an output of {size:,} bytes with {len(output.buffers):,} buffers")
            return
        evaluation.output_bytes += size + OVERHEAD
        if evaluation.truncated:
            return
        limit = evaluation.limits.output_bytes
        if limit and evaluation.output_bytes > limit:
            self._truncate(evaluation, limit)
            return
        asks = output.kind == pb.OUTPUT_KIND_INPUT_REQUEST and evaluation is self._queue.running
        if asks and evaluation.pending_input:
            self._input_taken(evaluation)  # An interrupt ended that prompt, and the code asks anew.
        sequence = self._emit(evaluation, output)
        if asks:
            evaluation.pending_input = sequence

    def _emit(self, evaluation: Evaluation, output: pb.Output) -> int:
        event = self._event(evaluation.name)
        event.output.CopyFrom(output)
        event.output.late = evaluation is not self._queue.running
        return self._publish(event)

    def _truncate(self, evaluation: Evaluation, limit: int) -> None:
        evaluation.truncated = True
        event = self._event(evaluation.name)
        event.truncated.limit = limit
        self._publish(event)
        if evaluation is self._queue.running:
            self._stop(evaluation, pb.EVALUATION_REASON_OUTPUT)

    def _stop(self, evaluation: Evaluation, reason: pb.EvaluationReason) -> None:
        """Stop an evaluation for a limit: first by SIGINT, after a pause by killing the session."""
        evaluation.stopping = reason
        self._clock.stopping = True
        self._process.interrupt()
        if self._escalation is None:
            self._escalation = self._loop.call_later(self._interrupt_pause, self._kill_unstoppable)
        self._set_timer()

    def _kill_unstoppable(self) -> None:
        self._unstoppable = True
        self._process.kill()

    def _finished(self, status: int) -> None:
        running = self._queue.running
        if running is None:
            self.violated("finished an evaluation that it does not have")
            return
        match status:
            case pb.FINISHED_STATUS_OK:
                reason = pb.EVALUATION_REASON_DONE
            case pb.FINISHED_STATUS_INTERRUPTED:
                reason = running.stopping or pb.EVALUATION_REASON_INTERRUPTED
            case _:
                reason = running.stopping or pb.EVALUATION_REASON_ERROR
        if running.truncated:
            reason = pb.EVALUATION_REASON_OUTPUT
        if running.stopping is not None and status != pb.FINISHED_STATUS_INTERRUPTED:
            # The interrupt is on its way still, and must find nobody.
            self._hold = self._loop.call_later(INTERRUPT_ON_ITS_WAY, self._release)
        self._done(reason)
        if reason == pb.EVALUATION_REASON_ERROR:
            self._drop_waiting("the evaluation before it ended with an error")
        elif reason != pb.EVALUATION_REASON_DONE:
            self._drop_waiting("the evaluation before it was stopped")
        self._start_next()

    def _done(self, reason: pb.EvaluationReason) -> None:
        """End the running evaluation, in everybody's eyes."""
        if self._escalation is not None:
            self._escalation.cancel()
            self._escalation = None
        running = self._queue.running
        assert running is not None
        if running.pending_input:
            self._input_taken(running)
        evaluation = self._queue.finish()
        now = self._loop.time()
        event = self._event(evaluation.name)
        event.done.reason = reason
        event.done.text = _words(reason, evaluation)
        event.done.wall_seconds = now - evaluation.started
        event.done.output_bytes = evaluation.output_bytes
        self._clock.evaluation, self._clock.stopping, self._clock.active = None, False, now
        self._publish(event)
        self._on_done(reason)
        self._set_timer()

    def _release(self) -> None:
        self._hold = None
        self._start_next()

    def _start_next(self) -> None:
        if self._hold is not None or self._ending is not None or self.ended is not None:
            return
        if (evaluation := self._queue.start_next(self._loop.time())) is None:
            return
        self._clock.evaluation = evaluation.started
        event = self._event(evaluation.name)
        event.started.SetInParent()
        self._publish(event)
        request = pb.Request()
        request.evaluate.evaluation = evaluation.name
        request.evaluate.cell = evaluation.cell
        request.evaluate.code = evaluation.code
        request.evaluate.without_input = evaluation.without_input
        if not self._process.send(request, at_once=True):
            self._process.kill()
        self._set_timer()

    def _drop_waiting(self, because: str) -> None:
        for evaluation in self._queue.drop_waiting():
            event = self._event(evaluation.name)
            event.done.reason = pb.EVALUATION_REASON_NOT_RUN
            event.done.text = words.not_run(because)
            self._publish(event)
            self._on_done(pb.EVALUATION_REASON_NOT_RUN)

    def _input_taken(self, evaluation: Evaluation) -> None:
        event = self._event(evaluation.name)
        event.input_taken.input_sequence = evaluation.pending_input
        evaluation.pending_input = 0
        self._publish(event)

    def _reply(self, reply: pb.Reply) -> None:
        if (waiting := self._answers.pop(reply.request, None)) is None:
            return
        request, answer = waiting
        if request.WhichOneof("kind") not in _ANSWERED_BY_BODY:
            self._answers[reply.request] = waiting
            self.violated("answered a question about files with something else")
            return
        if len(reply.body) > MAX_REPLY:
            refusal = Refusal(pb.FAILURE_CODE_TOO_LARGE, f"is over {MAX_REPLY:,} bytes", "answer", "ask for less")
            answer(refusal.event(request.id))
            return
        event = pb.Event(session=self.name, request=request.id, time=time.time())
        if request.WhichOneof("kind") == "complete":
            event.completed.body = reply.body
        else:
            event.inspected.body = reply.body
        answer(event)

    def _file_reply(self, reply: pb.FileReply) -> None:
        if (waiting := self._answers.get(reply.request)) is None:
            return
        request, answer = waiting
        try:
            event = files.event(request, reply)
        except ProtocolError as error:
            self.violated(str(error))
            return
        del self._answers[reply.request]
        event.session, event.time = self.name, time.time()
        answer(event)

    def _fail_answers(self) -> None:
        for request, answer in self._answers.values():
            refusal = Refusal(pb.FAILURE_CODE_UNKNOWN_SESSION, "has ended", f"session {self.name}", "open a new one")
            answer(refusal.event(request.id))
        self._answers.clear()

    def _reason_of_end(self, exit_status: int | None, killed_by: int | None) -> tuple[pb.SessionReason, int]:
        if self._ending is not None:
            return self._ending, 0
        if exit_status is not None:
            return pb.SESSION_REASON_EXITED, exit_status
        return pb.SESSION_REASON_KILLED, killed_by or 9

    def _event(self, evaluation: str) -> pb.Event:
        return pb.Event(session=self.name, evaluation=evaluation, time=time.time())

    def _publish(self, event: pb.Event) -> int:
        """Number an event, keep it, and give it to all who are attached."""
        event.sequence = self._replay.last + 1
        self._replay.append(event.SerializeToString())
        for attachment in tuple(self._attachments):
            attachment.pump()
        return event.sequence

    def _touch(self) -> None:
        """Note that somebody uses the session."""
        if self.ended is not None or self._ending is not None:
            raise Refusal(pb.FAILURE_CODE_UNKNOWN_SESSION, "has ended", f"session {self.name}", "open a new one")
        self._clock.active = self._loop.time()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        running = self._queue.running
        wall_time = running.limits.wall_time if running is not None else 0.0
        if self.ended is None and (deadline := self._clock.next_deadline(self.limits, wall_time)) is not None:
            self._timer = self._loop.call_at(deadline[0], self._ring)

    def _ring(self) -> None:
        """Act on the deadline that has passed; one that was moved meanwhile only sets the timer anew."""
        self._timer = None
        running = self._queue.running
        deadline = self._clock.next_deadline(self.limits, running.limits.wall_time if running is not None else 0.0)
        if deadline is None or deadline[0] > self._loop.time() + 0.001:
            self._set_timer()
        elif deadline[1] is Deadline.WALL_TIME:
            assert running is not None
            self._stop(running, pb.EVALUATION_REASON_WALL_TIME)
        else:
            self.close(_SESSION_REASONS[deadline[1]])


def _words(reason: pb.EvaluationReason, evaluation: Evaluation) -> str:
    match reason:
        case pb.EVALUATION_REASON_WALL_TIME:
            return words.wall_time(evaluation.limits.wall_time)
        case pb.EVALUATION_REASON_OUTPUT:
            return words.output(evaluation.limits.output_bytes)
        case _:
            return words.EVALUATION_WORDS[reason]
