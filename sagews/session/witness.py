"""The witness of a watched evaluation: sees by what its result may differ each time it runs.

It is told by stand-ins for functions (`standins.py`), by audit events
(`audit.py`) and by generators of random numbers (`randomness.py`), and looks
only while the reader's code runs. The first thing that it sees is what is
reported; then it looks no more.
"""

import asyncio
import concurrent.futures.thread as pools
import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager
from types import FrameType

from sagews.protocol import sagews_pb2 as pb

MACHINERY = frozenset({"asyncio", "concurrent", "multiprocessing", "queue", "sagews", "selectors", "threading"})
"""Top-level modules that read clocks, and multiprocessing random names, for purposes of their own: a loop that asks for
the time and a lock with a timeout are not the reader's doing."""

_ON_BEHALF = frozenset({"random", "secrets", "tempfile", "uuid"})
"""Modules that ask for random numbers for whoever called them."""
_RUN_WHAT_THEY_ARE_GIVEN = frozenset(
    {threading.Thread.run.__code__, pools._WorkItem.run.__code__, asyncio.Handle._run.__code__}
)
"""Functions of the machinery that call the reader's."""
_TELL_WHAT_THEY_READ = frozenset({asyncio.BaseEventLoop.time.__code__})
"""Functions of the machinery that the reader may call: there it counts who does."""


class Witness:
    """What a session knows of its watched evaluation."""

    def __init__(self) -> None:
        self.looks = False
        """Whether what happens now is to be told: the reader's code runs, and nothing was seen yet."""
        self.saw: pb.Unrepeatable = pb.UNREPEATABLE_UNSPECIFIED
        """The first thing that was seen."""
        self._is_called = False

    def call(self) -> None:
        """Begin to look whenever the reader's code runs."""
        self._is_called = not self.saw

    def dismiss(self) -> None:
        """Look no more."""
        self._is_called = self.looks = False

    @contextmanager
    def looking(self) -> Generator[None]:
        """Look at what runs inside the `with`, which is the reader's code."""
        before, self.looks = self.looks, self._is_called
        try:
            yield
        finally:
            self.looks = before and self._is_called

    def note(self, reason: pb.Unrepeatable) -> None:
        """Note what the reader's code has touched, if it is the first thing."""
        if self._is_called:
            self.saw = reason
            self.dismiss()


def serves(caller: FrameType | None, modules: Collection[str]) -> bool:
    """Whether a call from this frame serves purposes of one of these modules; a top-level one stands for all below."""
    while caller is not None and (caller.f_code in _TELL_WHAT_THEY_READ or top_of(module_of(caller)) in _ON_BEHALF):
        caller = caller.f_back
    if caller is None or caller.f_code in _RUN_WHAT_THEY_ARE_GIVEN:
        return False
    module = module_of(caller)
    return module in modules or top_of(module) in modules


def module_of(frame: FrameType) -> str:
    """Return the name of the module that a frame's code belongs to; empty where it has no good one."""
    name = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def top_of(module: str) -> str:
    """Return the name of the top-level module above a module."""
    return module.partition(".")[0]
