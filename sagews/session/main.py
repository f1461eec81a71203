"""The session: the process in which the reader's code runs.

Theory of operation.

It is made in the zygote (`Session()`, `rehearse`), forked by an init, confined
by `sandbox.enter`, and starts to live with `run`. One thread, one asyncio
loop, which belongs to the reader too: cells run in it, one after the other,
and what they start (`asyncio.create_task`) goes on between them. Nothing of
ours is a task in that loop, so that code that cancels all tasks harms only
itself.

    supervisor ── channel ──▶ evaluate  ▶ a task in the loop  ▶ finished
                              complete, inspect  ▶ reply, between cells
                              put, get, list, scan of files  ▶ reply, between cells
                              comm_message  ▶ a task, like a cell  ▶ reply
                              input_reply  ▶ read by input() alone

While a cell runs, nothing is read from the channel but by `input()`; the
supervisor holds the queue. Output: text by the pipes at 1 and 2, everything
else as reports, in order (`pipes.py`). The end of file on the channel ends
the process; its init ends everything else.

A process that user code forks inherits all of this and has no right to it: it
loses the channel at the fork, and ends at the end of the code that forked it.
"""

import asyncio
import contextvars
import os
import sys
import threading
from collections.abc import Coroutine, Iterable
from typing import Any, NoReturn

from IPython.core.interactiveshell import ExecutionResult

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.names import LISTED
from sagews.session import completion, inspection, sandbox, streams
from sagews.session.captures import Captures
from sagews.session.channel import Channel
from sagews.session.comms import Comms
from sagews.session.files import Files
from sagews.session.input import Input
from sagews.session.interact.due import DUE
from sagews.session.interrupt import Interrupts
from sagews.session.loop import Loop
from sagews.session.memory import Memory
from sagews.session.pipes import Pipes
from sagews.session.sage import sage
from sagews.session.sage.sage import Sage
from sagews.session.shell import SessionShell
from sagews.session.watching import Watching


class Session:
    """Everything that a session consists of."""

    def __init__(self) -> None:
        self._pid = 0
        self._pipes = Pipes()
        self._interrupts = Interrupts()
        self._captures = Captures()
        self._channel = Channel(self._pipes, self._interrupts, self._captures)
        self._input = Input(self._channel, self._interrupts)
        self._comms = Comms(self._channel.output, self._captures)
        self._files = Files()
        self._memory = Memory()
        self._context = contextvars.Context()
        self._loop = Loop()
        self._sage: Sage | None = None
        self._running: asyncio.Task[Any] | None = None
        self._message = 0
        """Id of the comm message that is running."""
        self._over = False
        streams.install(self._pipes, self._captures)
        self._comms.install()
        self.shell = SessionShell.start(self._channel, self._interrupts)
        self.watching = Watching(self.shell, self._loop)
        self._input.install()
        self._interrupts.install(self._loop, self._channel.has_come)
        os.register_at_fork(after_in_child=self._forked)
        threading.excepthook = _show_thread_exception

    def take_sage(self) -> None:
        """Speak Sage, which was imported just now, and warm it."""
        self._sage = Sage(self.shell, self._interrupts)
        self.rehearse(sage.WARMING)
        self._sage.prepare()

    def rehearse(self, cells: Iterable[str]) -> list[BaseException | None]:
        """Run cells in the zygote, where nobody sees them, and forget them; return the error of each."""
        loop = asyncio.new_event_loop()
        errors: list[BaseException | None] = []
        try:
            for code in cells:
                result = loop.run_until_complete(self.shell.evaluate(code))
                errors.append(result.error_before_exec or result.error_in_exec)
            loop.run_until_complete(loop.shutdown_default_executor())
            completion.complete(self.shell, "import o", 8)
            completion.complete(self.shell, "prin", 4)
            for language in LISTED:
                # Its names are read here, once for all sessions.
                completion.complete(self.shell, f"%%{language}\nx", len(language) + 4)
            inspection.inspect(self.shell, "print(", 6, 0)
        finally:
            loop.close()
            asyncio.set_event_loop(None)
            self.shell.forget()
        return errors

    def run(self, channel: int, *, spare: bool) -> NoReturn:
        """Serve requests on this descriptor until the supervisor is gone.

        A spare evaluates once before it is ready, so that the pages which that
        writes to are its own when its reader comes.
        """
        self._pid = os.getpid()
        self._files.open(sandbox.CHANNEL)
        if self._sage is not None:
            self._sage.settle()
        self._loop.open()
        self._memory.open()
        asyncio.set_event_loop(self._loop)
        if spare:
            self._loop.run_until_complete(self.shell.evaluate("1+1"))
            self.shell.forget()
        self._pipes.attach(sandbox.CHANNEL)
        self._channel.open(channel)
        self._loop.add_reader(self._channel.fileno(), self._receive)
        self._channel.ready()
        while not self._over:
            try:
                self._loop.run_forever()
            except (KeyboardInterrupt, SystemExit) as error:
                # Raised in the loop by a task of the reader's, whose result it stays; the loop goes on.
                if self._running is None:
                    print(f"{type(error).__name__} ended a background task", file=sys.stderr)
        os._exit(0)

    # ----------------------------------------------------------- requests

    def _receive(self) -> None:
        """Serve what has come. An interrupt waits until it is clear whether that starts a cell."""
        with self._interrupts.held():
            try:
                self._channel.receive()
                self._serve()
            except EOFError:
                self._over = True
                self._loop.stop()
        if self._running is None:
            self._interrupts.forget()

    def _serve(self) -> None:
        """Serve the requests that have come, until one takes its time."""
        while self._running is None and (request := self._channel.next_request()) is not None:
            match request.WhichOneof("kind"):
                case "evaluate":
                    evaluate = request.evaluate
                    self._input.allowed = not evaluate.without_input
                    if evaluate.watched:
                        self.watching.begin(evaluate.code)
                    self._start(self._evaluate(evaluate), evaluation=True)
                case "comm_message":
                    self._message = request.id
                    self._start(self._take(request.comm_message), evaluation=False)
                case "complete":
                    content = completion.complete(self.shell, request.complete.code, request.complete.cursor)
                    self._channel.reply(request.id, content)
                case "inspect":
                    inspect = request.inspect
                    content = inspection.inspect(self.shell, inspect.code, inspect.cursor, inspect.detail)
                    self._channel.reply(request.id, content)
                case "put_file" | "get_file" | "list_files" | "put_files" | "scan_files":
                    self._channel.file_reply(self._files.answer(request))

    def _start(self, code: Coroutine[Any, Any, Any], *, evaluation: bool) -> None:
        """Run code of the reader's as a task, and read no request until it is done.

        All cells share one context, so that what they set there (decimal's
        precision, numpy's error state) lasts.
        """
        self._loop.remove_reader(self._channel.fileno())
        self._running = self._loop.create_task(code, context=self._context)
        self._running.add_done_callback(self._evaluated if evaluation else self._comm_done)
        self._interrupts.begin(self._running)

    async def _evaluate(self, evaluate: pb.Evaluate) -> ExecutionResult:
        """Run a cell, and tell the values of the expressions that were asked for if it has run to its end."""
        result = await self.shell.evaluate(evaluate.code, evaluate.cell, evaluate.language)
        if evaluate.expressions and result.success and os.getpid() == self._pid:
            self._channel.output(pb.OUTPUT_KIND_EXPRESSIONS, self.shell.values_of(evaluate.expressions))
        return result

    async def _take(self, message: pb.CommMessage) -> None:
        """Hand a message over, and run the interacts that it has changed, unless another message waits."""
        with DUE.message():
            await self._comms.receive(message)
            if DUE.is_urgent or not self._channel.has_comm_message:
                DUE.run()

    def _evaluated(self, task: "asyncio.Task[ExecutionResult]") -> None:
        self._interrupts.end()
        self._input.allowed = False
        error, is_shown = _error(task)
        if error is not None and not is_shown:
            self._show(error)
        if os.getpid() != self._pid:
            _end_copy(error)
        if error is None:
            status = pb.FINISHED_STATUS_OK
        elif self._interrupts.was(error):
            status = pb.FINISHED_STATUS_INTERRUPTED
        else:
            status = pb.FINISHED_STATUS_ERROR
        self._show_captured()
        self._channel.finished(status, self.watching.end())
        self._idle()

    def _comm_done(self, task: "asyncio.Task[None]") -> None:
        self._interrupts.end()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._show(error)
        if os.getpid() != self._pid:
            _end_copy(error)
        self._show_captured()
        self._channel.handled(self._message)
        self._idle()

    def _show_captured(self) -> None:
        try:
            self._captures.show_all()
        except Exception as error:  # of the reader's code, which observes a widget
            self._show(error)

    def _show(self, error: BaseException) -> None:
        try:
            self.shell.show(error)
        except Exception as another:
            # Whatever the error is like, the evaluation has an end.
            print(f"{type(error).__name__}, which cannot be shown ({type(another).__name__})", file=sys.stderr)

    def _idle(self) -> None:
        """Read requests again; those that came meanwhile wait here or in the socket."""
        self._running = None
        self._loop.add_reader(self._channel.fileno(), self._receive)
        self._loop.call_soon(self._receive)
        self._loop.call_soon(self._rest)

    def _rest(self) -> None:
        """Tidy up, unless another cell runs already."""
        if self._running is None:
            self._memory.give_back()

    # -------------------------------------------------------------- forks

    def _forked(self) -> None:
        """Take everything from a copy of this process that user code has just forked."""
        if not self._channel.is_open:
            return  # The zygote or the init forked, or a copy did.
        if self._loop.is_running():
            # The interpreter takes a forked process for one without a loop; this one may await to its end.
            asyncio._set_running_loop(self._loop)
        if self._running is None:
            # A task in the background forked: the copy ends when that task lets go.
            self._loop.remove_reader(self._channel.fileno())
            self._loop.call_soon(os._exit, 0)
        self._channel.shut()
        self._pipes.detach()
        self.shell.in_copy = True


def _error(task: "asyncio.Task[ExecutionResult]") -> tuple[BaseException | None, bool]:
    """Return what an evaluation failed with, and whether IPython has shown it.

    It shows what fails in the cell's code. What fails beside it (an interrupt
    before the first line, a source too deep to transform) ends the task.
    """
    if task.cancelled():
        return asyncio.CancelledError(), False
    if (error := task.exception()) is not None:
        return error, False
    result = task.result()
    return result.error_before_exec or result.error_in_exec, True


def _end_copy(error: BaseException | None) -> NoReturn:
    """End a forked process at the end of its code, with the status that Python would end with."""
    if isinstance(error, SystemExit):
        os._exit(error.code if isinstance(error.code, int) else int(error.code is not None))
    os._exit(0 if error is None else 1)


def _show_thread_exception(arguments: "threading.ExceptHookArgs") -> None:
    """Show what ended a thread; Python itself is silent about SystemExit."""
    if arguments.exc_type is SystemExit:
        code = arguments.exc_value.code if isinstance(arguments.exc_value, SystemExit) else None
        print(f"SystemExit: {code}\nThe thread stops here. The session lives on.", file=sys.stderr)
    else:
        threading.__excepthook__(arguments)
