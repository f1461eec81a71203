"""One session as the worker keeps it: its queue, its clocks, its events.

Requests come in from links, reports and text from its process; what goes out
is events, numbered here and kept in the replay, from which every attachment
is fed. The process can claim nothing about itself: ids, numbers, times,
reasons and limits are all set here.

Its limits: of time in `limits.py`, of output in `outputs.py`, of what its
processes use in `watch.py`. How it is stopped: `stopping.py`. Why it ended:
`ending.py`.
"""

import asyncio
import secrets
import time
from collections.abc import Callable

import structlog

from sagews.config.site import Site
from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import outputs, words
from sagews.worker.alarm import Alarm
from sagews.worker.asking import Asking
from sagews.worker.attachment import Attachment, Receiver
from sagews.worker.ending import REASONS, Ending
from sagews.worker.evaluations import Evaluation, EvaluationQueue
from sagews.worker.feed import Feed
from sagews.worker.guard import Breach
from sagews.worker.journal import Journal
from sagews.worker.limits import Deadline
from sagews.worker.process import SessionProcess
from sagews.worker.questions import Answer
from sagews.worker.refusal import Refusal
from sagews.worker.replay import Replay
from sagews.worker.settling import Settling
from sagews.worker.stopping import Stopping
from sagews.worker.watch import Watch

log = structlog.get_logger()


class Session:
    """A live session and, for a while after its end, its last events."""

    def __init__(
        self,
        name: str,
        environment: str,
        limits: pb.Limits,
        process: SessionProcess,
        site: Site,
        *,
        reader: str,
        on_done: Callable[[pb.EvaluationReason], None],
        on_end: Callable[["Session"], None],
    ) -> None:
        self.name = name
        self.environment = environment
        self.reader = reader
        """Account or address, for the log."""
        self.limits = limits
        self.token = secrets.token_urlsafe(24)
        self.started = time.time()
        self.ended: pb.Ended | None = None
        self.journal = Journal(name, reader)
        self.output_bytes = 0
        """Of all evaluations that have ended."""
        self.fingerprint = process.fingerprint
        """Of its environment, when it was forked."""
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._replay = Replay(site.worker.replay_bytes)
        self._queue = EvaluationQueue()
        self._max_waiting = site.worker.max_waiting
        self._on_done = on_done
        self._on_end = on_end
        self._present: set[Receiver] = set()
        self._feed = Feed()
        self._asking = Asking(name, process, self._queue, limits)
        self._stopping = Stopping(process, site.limits.interrupt_pause)
        self._ending = Ending(limits)
        self._watch = Watch(
            process.meter(limits),
            limits,
            kept_by_system=process.cgroup is not None,
            reached=self._breached,
            lost_process=self._lost_process,
        )
        self._alarm = Alarm(limits, self._ring)
        self._settling: Settling | None = None
        process.owner = self

    @property
    def doing(self) -> str:
        """What it does, for whoever counts: `evaluating`, `idle`, or `alone`, which nobody is attached to."""
        if self._queue.running is not None:
            return "evaluating"
        return "idle" if self._present else "alone"

    @property
    def pid(self) -> int:
        """Of its main process."""
        return self._process.pid

    # ------------------------------------------------------- attachments

    def enter(self, receiver: Receiver) -> None:
        """Know that somebody is there, be it only for a replay."""
        self._present.add(receiver)
        self._alarm.clock.abandoned = None
        self._alarm.set()

    def leave(self, receiver: Receiver) -> None:
        """Know that somebody is gone; when it was the last, the grace period begins."""
        self._present.discard(receiver)
        if not self._present:
            self._alarm.clock.abandoned = self._loop.time()
            self._alarm.set()

    def attach(self, attachment: Attachment) -> None:
        """Feed every further event to an attachment, beginning after its own number."""
        self._feed.add(attachment)

    def detach(self, attachment: Attachment) -> None:
        """Stop feeding an attachment."""
        self._feed.discard(attachment)

    def attachment(self, receiver: Receiver, after: int, request: int = 0) -> Attachment:
        """Return a cursor on this session's events for a link."""
        return Attachment(self.name, self._replay, receiver, after, request)

    # ---------------------------------------------------------- requests

    def evaluate(self, wish: pb.Evaluate) -> None:
        """Queue an evaluation. One that is known already runs nothing. Raises Refusal."""
        self._touch()
        if self._queue.knows(wish.evaluation):
            return
        self._queue.check(wish, self._max_waiting, self.name)
        evaluation = Evaluation.wished(wish, self.limits)
        queued = self._event(evaluation.name)
        queued.queued.cell = wish.cell
        queued.queued.code = wish.code
        queued.queued.language = wish.language
        queued.queued.waiting = self._queue.before_next
        self._queue.add(evaluation)
        self._publish(queued, soon=True)
        self._start_next()

    def interrupt(self, scope: int = pb.INTERRUPT_SCOPE_UNSPECIFIED) -> None:
        """Interrupt the running evaluation and drop those that wait; or, where there are none, what a widget has begun.

        `scope`: the evaluations alone, or what a widget has begun alone: the evaluations that wait for that run then.
        """
        self._touch()
        running, waits = self._queue.running, self._queue.waiting > 0
        if scope != pb.INTERRUPT_SCOPE_CALLBACK:
            self._drop_waiting("the session was interrupted")
            if running is not None:
                running.stopping = running.stopping or pb.EVALUATION_REASON_INTERRUPTED
                self._stopping.interrupt()
        is_for_callback = scope == pb.INTERRUPT_SCOPE_CALLBACK or (
            scope != pb.INTERRUPT_SCOPE_EVALUATIONS and not waits
        )
        if running is None and is_for_callback and self._asking.callbacks.speak:
            self._stopping.interrupt()
            self._settling = self._settling or Settling(self._process, self._asking.questions, self._settled)
        self._asking.release()

    def input_reply(self, reply: pb.InputReply) -> None:
        """Answer the input request that the reply names; one that is over already is dropped."""
        self._touch()
        running = self._queue.running
        if running is None or not running.pending_input or running.pending_input != reply.sequence:
            return
        self._input_taken(running)
        self._process.send(pb.Request(input_reply=reply), at_once=True)

    def ask(self, request: pb.Request, answer: Answer) -> None:
        """Send a completion, an inspection or a comm message; `answer` gets the event that answers."""
        self._touch()
        self._asking.ask(request, answer)

    def close(self, reason: pb.SessionReason) -> None:
        """End the session with all its processes; `Ended` follows when they are gone."""
        self._ending.begin(reason)
        self._process.kill()

    # ------------------------------------------- what the process tells us

    def reported(self, report: pb.Report) -> None:
        """Take a report from the session's channel."""
        try:
            match report.WhichOneof("kind"):
                case "output":
                    self._output(report.output)
                case "finished":
                    self._finished(report.finished)
                case "reply":
                    self._asking.reply(report.reply)
                    self._start_next()
                case "file_reply":
                    self._asking.questions.file_reply(report.file_reply)
        except ProtocolError as error:
            self.violated(str(error))

    def wrote(self, stream: str, text: str) -> None:
        """Take a piece of text from descriptor 1 or 2."""
        if (evaluation := self._asking.callbacks.speaking) is not None:
            self._put_out(evaluation, *outputs.admit_text(evaluation, stream, text, self._loop.time()))

    def violated(self, what: str) -> None:
        """Kill a session that breaks the protocol of its channel."""
        log.warning("session broke the protocol", session=self.name, what=what)
        self._process.kill()

    def exited(self, exit_status: int | None, killed_by: int | None) -> None:
        """Tell everybody that the session has ended and why, when all its processes are gone."""
        try:
            self._tell_end(exit_status, killed_by)
        finally:
            self._on_end(self)

    def _tell_end(self, exit_status: int | None, killed_by: int | None) -> None:
        usage = self._watch.close()
        self.ended = self._ending.ended(
            exit_status,
            killed_by,
            usage,
            for_memory=self._watch.has_just_killed,
            unstoppable=self._stopping.ends_session,
        )
        if (running := self._queue.running) is not None:
            self._done(running.stopping or pb.EVALUATION_REASON_SESSION_ENDED)
        self._drop_waiting("the session ended")
        event = self._event("")
        event.ended.CopyFrom(self.ended)
        self._publish(event)
        self._stopping.end()
        self._alarm.stop()
        if self._settling is not None:
            self._settling.stop()
        self._asking.fail()

    # ------------------------------------------------------------ outputs

    def _output(self, output: pb.Output) -> None:
        evaluation = self._asking.callbacks.speaking
        if evaluation is None or not outputs.may_report(evaluation, output.kind):
            return
        output.DiscardUnknownFields()
        if outputs.is_too_large(output):
            self.violated(f"sent an output of {output.ByteSize():,} bytes with {len(output.buffers):,} buffers")
            return
        self._put_out(evaluation, *outputs.admit(evaluation, output, self._loop.time()))

    def _put_out(self, evaluation: Evaluation, output: pb.Output | None, mark: pb.Truncated | None) -> None:
        """Publish what the limits leave of an output, and the mark where they cut; stop what put out too much."""
        if output is not None:
            self._emit(evaluation, output)
        if mark is not None:
            event = self._event(evaluation.name)
            event.truncated.CopyFrom(mark)
            self._publish(event)
            if evaluation is self._queue.running and evaluation.cut_for is not None:
                self._stop(evaluation, evaluation.cut_for)

    def _emit(self, evaluation: Evaluation, output: pb.Output) -> None:
        asks = output.kind == pb.OUTPUT_KIND_INPUT_REQUEST and evaluation is self._queue.running
        if asks and evaluation.pending_input:
            self._input_taken(evaluation)  # An interrupt ended that prompt, and the code asks anew.
        event = self._event(evaluation.name)
        event.output.CopyFrom(output)
        event.output.late = evaluation is self._queue.last and evaluation is not self._queue.running
        sequence = self._publish(event)
        if asks:
            evaluation.pending_input = sequence

    # ----------------------------------------------------------- stopping

    def _stop(self, evaluation: Evaluation, reason: pb.EvaluationReason) -> None:
        """Stop an evaluation for a limit, by stronger and stronger signals."""
        evaluation.stopping = reason
        self._alarm.clock.stopping = True
        self._stopping.begin()
        self._alarm.set()

    def _breached(self, breach: Breach) -> None:
        """Act on a limit of what the processes use."""
        log.warning("session reached a limit", session=self.name, limit=breach.name)
        if breach is not Breach.EVALUATION_CPU_TIME:
            self.close(REASONS[breach])
        elif (running := self._queue.running) is not None and not self._stopping.has_begun:
            self._stop(running, pb.EVALUATION_REASON_CPU_TIME)

    def _lost_process(self) -> None:
        """Tell the reader that a process of the session was killed for its memory, and the session lives on."""
        log.warning("a process was killed for want of memory", session=self.name)
        self.wrote("stderr", words.lost_process(self.limits.memory))

    # -------------------------------------------------------- evaluations

    def _finished(self, finished: pb.Finished) -> None:
        running = self._queue.running
        if running is None:
            self.violated("finished an evaluation that it does not have")
            return
        reason = running.reason(finished.status)
        if running.stopping is not None:
            self._settling = Settling(self._process, self._asking.questions, self._settled)
        self._done(reason, finished.unrepeatable)
        if reason == pb.EVALUATION_REASON_ERROR:
            self._drop_waiting("the evaluation before it ended with an error")
        elif reason != pb.EVALUATION_REASON_DONE:
            self._drop_waiting("the evaluation before it was stopped")
        self._start_next()

    def _done(self, reason: pb.EvaluationReason, unrepeatable: pb.Unrepeatable = pb.UNREPEATABLE_UNSPECIFIED) -> None:
        """End the running evaluation, in everybody's eyes."""
        running = self._queue.running
        assert running is not None
        if running.pending_input:
            self._input_taken(running)
        evaluation = self._queue.finish()
        now = self._loop.time()
        event = self._event(evaluation.name)
        event.done.reason = reason
        event.done.text = words.stopped(reason, evaluation.limits)
        event.done.wall_seconds = now - evaluation.started
        event.done.cpu_seconds = self._watch.end()
        event.done.output_bytes = evaluation.output_bytes
        event.done.unrepeatable = evaluation.unrepeatable(unrepeatable)
        self._alarm.end(now)
        self._publish(event)
        self._stopping.end()
        self.output_bytes += evaluation.output_bytes
        self._on_done(reason)
        self.journal.evaluation_ended(evaluation, event.done)

    def _settled(self) -> None:
        self._settling = None
        self._stopping.end()
        self._start_next()

    def _start_next(self) -> None:
        if self._settling is not None or self._ending.has_begun or self.ended is not None:
            return
        if self._asking.callbacks.speak or (evaluation := self._queue.start_next(self._loop.time())) is None:
            return
        self._alarm.begin(evaluation.started, evaluation.limits.wall_time)
        event = self._event(evaluation.name)
        event.started.SetInParent()
        self._publish(event, soon=True)
        if not self._process.send(evaluation.request(), at_once=True):
            self._process.kill()
        self._watch.begin(evaluation.limits.cpu_time)
        self._asking.release()

    def _drop_waiting(self, because: str) -> None:
        for evaluation in self._queue.drop_waiting():
            event = self._event(evaluation.name)
            event.done.reason = pb.EVALUATION_REASON_NOT_RUN
            event.done.text = words.not_run(because)
            self._publish(event)

    def _input_taken(self, evaluation: Evaluation) -> None:
        event = self._event(evaluation.name)
        event.input_taken.input_sequence = evaluation.pending_input
        evaluation.pending_input = 0
        self._publish(event)

    def _event(self, evaluation: str) -> pb.Event:
        return pb.Event(session=self.name, evaluation=evaluation, time=time.time())

    def _publish(self, event: pb.Event, *, soon: bool = False) -> int:
        """Number an event, keep it, and give it to all who are attached: now, or at the latest in a moment."""
        event.sequence = self._replay.last + 1
        self._replay.append(event.SerializeToString())
        if soon:
            self._feed.pump_soon()
        else:
            self._feed.pump()
        return event.sequence

    def _touch(self) -> None:
        """Note that somebody uses the session."""
        if self.ended is not None or self._ending.has_begun:
            raise Refusal(pb.FAILURE_CODE_UNKNOWN_SESSION, "has ended", f"session {self.name}", "open a new one")
        self._alarm.clock.active = self._loop.time()

    def _ring(self, deadline: Deadline) -> None:
        """Act on a deadline that has passed."""
        if deadline is not Deadline.WALL_TIME:
            self.close(REASONS[deadline])
        elif (running := self._queue.running) is not None:
            self._stop(running, pb.EVALUATION_REASON_WALL_TIME)
