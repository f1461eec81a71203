"""IPython's shell as a session has it: no terminal, no history file, no thread, no file outside its directory."""

import asyncio
import fnmatch
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Generator, KeysView, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from IPython.core import page
from IPython.core.autocall import ExitAutocall
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import classic_prompt, ipython_prompt, leading_indent
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets import Type, default
from traitlets.config import Config

from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb
from sagews.session import figures, policy, source, tracebacks
from sagews.session.channel import Channel
from sagews.session.compiler import CellCompiler
from sagews.session.display import Forms, Publisher, ResultHook
from sagews.session.interrupt import Interrupts
from sagews.session.languages import magics, wrapping
from sagews.session.languages.written import Written

_CONFIG = {
    "HistoryManager": {"enabled": False, "hist_file": ":memory:"},
    # Jedi runs what it completes and takes seconds; limited evaluation runs nothing of the reader's (`policy.py`).
    "IPCompleter": {"use_jedi": False, "evaluation": policy.LIMITED},
    "InteractiveShell": {"colors": "neutral", "enable_tip": False},
}


class SessionShell(InteractiveShell):
    """The shell in which a session's cells run.

    Exit. `exit`, `quit()`, `sys.exit(3)`, `raise SystemExit("text")`: the cell
    stops there, its code or text is shown as an error named SystemExit, and
    the session lives on with its variables. It ends by the page's Restart.
    """

    display_pub_class = Type(Publisher)
    displayhook_class = Type(ResultHook)
    compiler_class = Type(CellCompiler)
    compile: CellCompiler
    history_manager: Any
    InteractiveTB: Any

    _db: Any
    _send_error: Any = None
    _interrupts: Interrupts
    looking: Callable[[], AbstractContextManager[None]] = staticmethod(nullcontext)
    """What the reader's code runs inside; see `watching.py`."""
    _shown: set[tuple[str, str]] | None = None
    language: str = "python"
    """Of its cells, unless another one is asked for; see `languages/`."""
    terminals: frozenset[str] = frozenset()
    """Languages that it speaks by terminals of its own, which keep their state from cell to cell."""
    written: Written
    """Names in the code of these."""
    preparser: Callable[[list[str]], list[str]] | None = None
    """What makes Python of its own language."""
    given: Mapping[str, Any] = {}
    """Names that cells find defined, beside Python's own."""
    in_copy = False
    """Whether this process is a copy that user code forked: it has no channel."""

    @classmethod
    def start(cls, channel: Channel, interrupts: Interrupts) -> "SessionShell":
        """Make the process's one shell, speaking through this channel."""
        policy.install()
        shell: SessionShell = cls.instance(config=Config(_CONFIG))
        shell._send_error = channel.output
        shell._interrupts = interrupts
        shell.written = Written()
        outlets: tuple[Any, ...] = (shell.display_pub, shell.displayhook)
        for outlet in outlets:
            outlet.send = channel.output
        # IPython would drop leading empty lines, and number the lines of the rest from 1.
        shell.input_transformers_cleanup[:] = [source.cell_magic_first, leading_indent, classic_prompt, ipython_prompt]
        shell.set_hook("show_in_pager", page.as_hook(page.display_page), 99)
        # IPython's advice for those who want to leave a terminal.
        warnings.filterwarnings("ignore", message="To exit: use")
        magics.register(shell)
        return shell

    async def evaluate(self, code: str, cell: str = "", language: str = "") -> ExecutionResult:
        """Run the code of a cell and show what comes of it. Its language is by default the shell's own."""
        # What IPython does around the cell's own code would swallow an interrupt.
        with self._interrupts.held():
            return await self._evaluate(source.normalise(code), cell, language)

    def values_of(self, expressions: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of expressions of Python by their names, each in its forms, or as the error that it is."""
        with self._interrupts.let_in(), self.looking():
            values: dict[str, Any] = self.user_expressions(dict(expressions))
            return values

    def undisturbed(self) -> AbstractContextManager[None]:
        """Hold interrupts back inside the `with`."""
        return self._interrupts.held()

    async def run_code(self, code_obj: Any, result: Any = None, *, async_: bool = False) -> bool:
        """Run one compiled statement of the cell, which may be interrupted."""
        with self._interrupts.let_in(), self.looking():
            failed: bool = await super().run_code(code_obj, result, async_=async_)
            return failed

    async def _evaluate(self, code: str, cell: str, language: str) -> ExecutionResult:
        self.compile.cell = cell
        figures.let_closed_go()
        failure = None
        try:
            # Each of its magics has IPython read the whole again, which can take minutes.
            with self._interrupts.let_in():
                transformed = wrapping.transformed(self, code, language)
        except SyntaxError:
            transformed = code  # The compiler says it better.
        except Exception:
            transformed, failure = code, sys.exc_info()
        result = await self.run_cell_async(
            code, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=failure, cell_id=cell
        )
        with self._interrupts.let_in(), self.looking():
            self.events.trigger("post_execute")
            self.events.trigger("post_run_cell", result)
        self.history_manager.db_input_cache.clear()
        return result

    def system(self, cmd: str) -> None:
        """Run a command (`!cmd`); its output goes straight to descriptors 1 and 2, an interrupt ends the cell too."""
        command = self.var_expand(cmd, depth=1)
        status = subprocess.call(command, shell=True)  # noqa: S602  # a shell is what is asked for
        self.user_ns["_exit_code"] = status
        if status and self.system_raise_on_error:
            raise subprocess.CalledProcessError(status, command)

    def show_figures_inline(self) -> None:
        """Have figures of matplotlib shown at the end of each cell, where it is loaded."""
        if "matplotlib.pyplot" in sys.modules:
            self.enable_matplotlib("inline")

    def enable_gui(self, gui: str | None = None) -> None:
        """Refuse a graphical event loop: a session has no screen."""
        if gui not in (None, "inline"):
            raise UsageError(f"a session has no screen for {gui!r}: use %matplotlib inline")

    def forget(self) -> None:
        """Forget all that was evaluated, to be as new."""
        self.reset(new_session=True)
        # As in a program that was typed: multiprocessing asks for it before it starts an interpreter.
        self.user_ns["__spec__"] = None
        self.user_ns.update(dict.fromkeys(("_", "__", "___"), ""))
        self.user_ns.update(self.given)
        self.history_manager.db_input_cache.clear()
        self.compile.forget()
        self.written = Written()
        for last in ("last_type", "last_value", "last_traceback", "last_exc"):
            if hasattr(sys, last):
                delattr(sys, last)

    # ------------------------------------------------------------- errors

    def init_traceback_handlers(self, custom_exceptions: Any) -> None:
        """Put our formatter in the place of IPython's."""
        super().init_traceback_handlers(custom_exceptions)
        self.InteractiveTB = tracebacks.Formatter(mode=self.xmode, theme_name=self.colors, tb_offset=1)

    def showtraceback(
        self,
        exc_tuple: Any = None,
        filename: str | None = None,
        tb_offset: int | None = None,
        exception_only: bool = False,
        running_compiled_code: bool = False,
    ) -> None:
        """Show the exception that just occurred."""
        _type, value, entries = self._get_exc_info(exc_tuple)
        if isinstance(value, SyntaxError):
            self.showsyntaxerror(filename, running_compiled_code)
            return
        if isinstance(value, asyncio.CancelledError) and self._interrupts.came:
            value = KeyboardInterrupt().with_traceback(entries)
        if isinstance(value, SystemExit):
            lines = [tracebacks.message(value), "The cell stops here. The session and its variables live on."]
        elif isinstance(value, UsageError | SagewsError) or exception_only:
            lines = [tracebacks.message(value)]
        else:
            lines = tracebacks.render(self.InteractiveTB, value)
        self._show_error(value, lines)
        if self.call_pdb:
            self.debugger(force=True)

    def showsyntaxerror(self, filename: str | None = None, running_compiled_code: bool = False) -> None:
        """Show the error that made a source unfit to run."""
        etype, value, entries = self._get_exc_info()
        if not isinstance(value, SyntaxError):
            # A NUL, or nesting too deep for the compiler: it has no line to show.
            self._show_error(value, [tracebacks.message(value)])
            return
        if filename:
            value.filename = filename
        frames: Any = list(tracebacks.frames_of_reader(entries)) if running_compiled_code else []
        try:
            with tracebacks.short_line(value):
                lines = self.SyntaxTB.structured_traceback(etype, value, frames)
        except Exception:
            lines = [tracebacks.message(value)]
        self._show_error(value, lines)

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self._show_error(evalue, stb)

    @contextmanager
    def each_error_once(self) -> Generator[None]:
        """Show, inside the `with`, no error twice that says the same."""
        before, self._shown = self._shown, set()
        try:
            yield
        finally:
            self._shown = before

    def show(self, error: BaseException) -> None:
        """Show an exception that nobody has shown yet."""
        self.showtraceback((type(error), error, error.__traceback__))

    def _format_exception_for_storage(self, exception: BaseException, *_options: Any) -> dict[str, Any]:
        """Keep nothing of an exception for the history: formatting it a second time may take long."""
        return {}

    def _show_error(self, value: BaseException, lines: list[str]) -> None:
        if self._shown is not None:
            said = tracebacks.name(value), tracebacks.text(value)
            if said in self._shown:
                return
            self._shown.add(said)
        if self.in_copy:
            print("\n".join(lines), file=sys.stderr)
        else:
            self._send_error(pb.OUTPUT_KIND_ERROR, tracebacks.content(value, lines, self.compile.cells))

    # ---------------------------------------------------------- left out

    def init_display_formatter(self) -> None:
        """Make what makes the forms of values."""
        forms: Any = Forms(parent=self)
        self.display_formatter = forms
        self.configurables.append(forms)

    def init_history(self) -> None:
        """Keep the history, and IPython's store of small things, in memory."""
        super().init_history()
        self._db = _Memory()

    def init_profile_dir(self, profile_dir: Any) -> None:
        """Make no directory; see `_no_profile`."""

    def init_ipython_dir(self, ipython_dir: Any) -> None:
        """Make no directory; see `_no_directory`."""

    @default("ipython_dir")
    def _no_directory(self) -> str:
        return tempfile.gettempdir()

    @default("profile_dir")
    def _no_profile(self) -> None:
        return None

    @default("exiter")
    def _exiter_default(self) -> "_Exit":
        return _Exit(self)

    def atexit_operations(self) -> None:
        """Do nothing: the session's directory goes as a whole, and a forked child shall not reset the namespace."""


class _Exit(ExitAutocall):
    """What `exit` and `quit` are; see SessionShell."""

    rewrite = False

    def __call__(self, code: Any = None) -> None:
        raise SystemExit(code)

    def __repr__(self) -> str:
        return "exit() stops the cell"


class _Memory(dict[str, Any]):
    """IPython's store of small things, for as long as the session lives, instead of files."""

    def keys(self, pattern: str = "*") -> KeysView[str]:  # type: ignore[override]
        """Return the names that a pattern fits."""
        return {name: None for name in self if fnmatch.fnmatch(name, pattern)}.keys()

    def __delitem__(self, name: str) -> None:
        """Forget a name, which need not be there."""
        self.pop(name, None)
