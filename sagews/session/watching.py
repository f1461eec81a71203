"""Watching: whether a watched evaluation can be repeated, so that its result may be kept for others.

Theory of operation.

    zygote    prepare   makes stand-ins, and finds the places where they are to be
    session   begin     puts them and the audit hook there, for the rest of its life, and calls the witness
              looking   the witness looks at each statement of the reader's code (`shell.py`)
              end       looks at shared generators and at what was left running; the first thing seen is the answer

A session without watched evaluations has nothing of this in it. That it is
its first evaluation, the supervisor sees to.

The witness stands in the reader's own process. Code that sets out to blind it
can, and then a result is kept that is no one else's business: it is found by
the whole code that gave it, and so by those alone who send that very code.
"""

import _thread
import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Sequence

from sagews.protocol import sagews_pb2 as pb
from sagews.session import audit, clocks, legacy_random, own_paths, standins
from sagews.session.inner_random import INNER, SYMPY
from sagews.session.legacy_random import Maker
from sagews.session.loop import Loop
from sagews.session.own_paths import OwnPaths
from sagews.session.randomness import NUMPY, PYTHON, RANDOMNESS
from sagews.session.sage import sage, seeds
from sagews.session.shell import SessionShell
from sagews.session.standins import Ear, Method, Place, Telling
from sagews.session.witness import Witness

OTHERS = [
    Telling("builtins", ("input",), pb.UNREPEATABLE_INPUT, innocent=frozenset()),
    Telling("getpass", ("getpass", "unix_getpass"), pb.UNREPEATABLE_INPUT, innocent=frozenset()),
    # multiprocessing starts its processes by it, without an audit event.
    Telling("_posixsubprocess", ("fork_exec",), pb.UNREPEATABLE_PROCESS, innocent=frozenset()),
]
TELLINGS: Sequence[Telling] = [*clocks.CLOCKS, *RANDOMNESS, *INNER, *OTHERS]


class Watching:
    """What one session watches with."""

    def __init__(self, shell: SessionShell, loop: Loop) -> None:
        self._shell = shell
        self._loop = loop
        self._witness = Witness()
        self._environment = OwnPaths(())
        self._ear = Ear(self._witness, lambda path: self._environment.holds(path))
        self._places: list[Place | Method] = []
        self._maker: Maker | None = None
        self._is_installed = False
        self._is_on = False

    def prepare(self) -> None:
        """Do what can be done in the zygote, when all is imported that it imports."""
        for module in {telling.module for telling in TELLINGS}:
            root = module.partition(".")[0]
            if root in sys.stdlib_module_names or root in sys.modules:
                with contextlib.suppress(ImportError):
                    importlib.import_module(module)
        self._environment = OwnPaths(own_paths.of_environment())
        self._places = standins.prepare(TELLINGS, self._ear)

    def begin(self, code: str) -> None:
        """Watch the evaluation of this code."""
        self._is_on = True
        self._witness.call()
        try:
            if not self._is_installed:
                self._install()
            for shared in (PYTHON, NUMPY):
                shared.begin()
            SYMPY.begin(code)
            if sage.is_loaded():
                self._begin_sage(code)
        except Exception:
            # An interpreter or a library that is made otherwise. Nothing is kept of what runs on it.
            self._witness.note(pb.UNREPEATABLE_FOREIGN_CODE)
        if clocks.asks_for_now(code):
            self._witness.note(pb.UNREPEATABLE_CLOCK)

    def _begin_sage(self, code: str) -> None:
        if seeds.asks_for_random_numbers(code):
            self._witness.note(pb.UNREPEATABLE_RANDOM)
        else:
            seeds.plant(code)

    def end(self) -> pb.Unrepeatable:
        """Return why the evaluation that has just ended cannot be repeated; nothing if it can, or was not watched."""
        if not self._is_on:
            return pb.UNREPEATABLE_UNSPECIFIED
        self._is_on = False
        try:
            if PYTHON.is_drawn_from or NUMPY.is_drawn_from or (self._maker and self._maker.has_left_unseeded):
                self._witness.note(pb.UNREPEATABLE_RANDOM)
            if not self._loop.is_at_rest or _thread._count() > 0 or _has_children():
                self._witness.note(pb.UNREPEATABLE_LATE)
        except Exception:
            # The reader has taken one of these apart; whatever it was, the evaluation has an end.
            self._witness.note(pb.UNREPEATABLE_FOREIGN_CODE)
        self._witness.dismiss()
        return self._witness.saw

    def _install(self) -> None:
        # Otherwise it is looked for, and temporary names are drawn for that.
        tempfile.tempdir = tempfile.tempdir or os.environ.get("TMPDIR")
        for place in self._places:
            place.put()
        clocks.watch_datetime(self._ear)
        self._maker = legacy_random.install(self._witness)
        own = self._environment.with_more(own_paths.of_session())
        audit.listen(self._witness, own, {telling.module: telling.reason for telling in TELLINGS})
        self._shell.looking = self._witness.looking
        self._is_installed = True


def _has_children() -> bool:
    """Whether a process is there that this one has started, be it only to be waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
