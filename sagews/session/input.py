"""`input()` and `getpass()`: a prompt is an output, its answer a request.

An interrupt ends a question with KeyboardInterrupt. Some that ask catch that
and ask again, debuggers and interpreters in the first place; so a second
interrupt of an evaluation ends a question with EOFError, which is the end
for them.

Nothing can be read from `sys.stdin`: it is at its end of file.
"""

import builtins
import getpass
import threading
from typing import Any

from IPython.core.error import StdinNotImplementedError

from sagews.protocol import sagews_pb2 as pb
from sagews.session.channel import Channel
from sagews.session.interrupt import Interrupts


class Input:
    """Asks whoever evaluates."""

    def __init__(self, channel: Channel, interrupts: Interrupts) -> None:
        self._channel = channel
        self._interrupts = interrupts
        self.allowed = False
        """Whether an evaluation runs whose sender can answer."""

    def install(self) -> None:
        """Replace `input` and `getpass.getpass`."""
        builtins.input = self._input
        getpass.getpass = self._getpass

    def _input(self, prompt: object = "", /) -> str:
        """Ask the reader for a line of text and return it."""
        return self._ask(str(prompt), password=False)

    def _getpass(self, prompt: str = "Password: ", stream: Any = None, **_options: Any) -> str:
        """Ask the reader for a text that is not shown, and return it."""
        return self._ask(str(prompt), password=True)

    def _ask(self, prompt: str, *, password: bool) -> str:
        """Send the prompt and wait for its answer.

        Raises StdinNotImplementedError where nobody can answer, EOFError in a forked child and at a second interrupt.
        """
        if not self._channel.is_open:
            raise EOFError("a forked process has no input")
        if threading.current_thread() is not threading.main_thread():
            raise StdinNotImplementedError("input() was called from a thread; only the cell itself can ask for input")
        if not self.allowed:
            raise StdinNotImplementedError("input() was called, but nobody can answer: this evaluation has no input")
        self._channel.drop_input_replies()
        try:
            # An interrupt that comes while the prompt is being sent is raised when that is whole.
            self._channel.output(pb.OUTPUT_KIND_INPUT_REQUEST, {"prompt": prompt, "password": password})
            return self._channel.next_input_reply().text
        except KeyboardInterrupt:
            if self._interrupts.came_again:
                raise EOFError("interrupted again") from None
            raise
