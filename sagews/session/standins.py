"""Stand-ins: what takes the place of a function, so that the witness is told when the reader's code calls it.

Modules copy functions by value (`from time import perf_counter`), so that a
function has many places. They are found once, in the zygote, where it costs
no session anything; a watched session puts a stand-in into each. It is no
Python function: as an attribute of a class it must not become a method, since
what it stands for does not.
"""

import ctypes
import functools
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.session.witness import MACHINERY, Witness, module_of, serves, top_of

NONE: frozenset[str] = frozenset()
Arguments = tuple[Any, ...]
Counts = Callable[[Arguments, Mapping[str, Any]], bool]
"""Whether a call with these arguments counts."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Functions of a module whose calls tell something. A further source is a further line in a table of these."""

    module: str
    names: tuple[str, ...]
    """Names in the module; `Class.name` for a method of a class that is written in Python."""
    reason: pb.Unrepeatable
    counts: Counts | None = None
    """None: every call counts."""
    then: Callable[[], None] | None = None
    """Is called after each call that has succeeded."""
    innocent: frozenset[str] = MACHINERY
    """Modules that call them for purposes of their own."""
    while_imported: Callable[[str], bool] = NONE.__contains__
    """Whether a top-level module of the environment may call them while something of it is imported."""


@dataclass(frozen=True, slots=True)
class Ear:
    """What stand-ins tell."""

    witness: Witness
    is_of_environment: Callable[[str], bool]
    """Whether the file of this path is one that the environment consists of."""

    def hear(self, telling: Telling, caller: FrameType, arguments: Arguments, keywords: Mapping[str, Any]) -> None:
        """Tell the witness of a call, if it counts."""
        if telling.counts is not None and not telling.counts(arguments, keywords):
            return
        if serves(caller, telling.innocent):
            return
        importing = self._importing(caller)
        if not importing or not telling.while_imported(importing):
            self.witness.note(telling.reason)

    def _importing(self, caller: FrameType) -> str:
        """Return the top-level module of the environment of which something is being imported; empty if none is."""
        frame: FrameType | None = caller
        # Below the reader's own code are the frames of those who run it.
        while frame is not None and (module := module_of(frame)) != "__main__":
            if frame.f_code.co_name == "<module>" and self.is_of_environment(frame.f_code.co_filename):
                return top_of(module)
            frame = frame.f_back
        return ""


def without(position: int, keyword: str = "") -> Counts:
    """Return what is true of a call in which this argument is missing or None."""

    def counts(arguments: Arguments, keywords: Mapping[str, Any]) -> bool:
        return (arguments[position] if len(arguments) > position else keywords.get(keyword)) is None

    return counts


class StandIn:
    """Tells of a call, and then is what it stands for."""

    def __init__(self, function: Callable[..., Any], telling: Telling, ear: Ear) -> None:
        functools.update_wrapper(self, function)
        self._function, self._telling, self._ear = function, telling, ear

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function that this stands for."""
        if self._ear.witness.looks:
            self._ear.hear(self._telling, sys._getframe(1), arguments, keywords)
        result = self._function(*arguments, **keywords)
        if self._telling.then is not None:
            self._telling.then()
        return result

    def __repr__(self) -> str:
        return repr(self._function)

    def __reduce__(self) -> str:
        # Pickled by its name, as a function is.
        return str(self._function.__qualname__)


def method(function: Callable[..., Any], telling: Telling, ear: Ear) -> Callable[..., Any]:
    """Return what stands in for a method."""

    @functools.wraps(function)
    def standin(*arguments: Any, **keywords: Any) -> Any:
        if ear.witness.looks:
            ear.hear(telling, sys._getframe(1), arguments, keywords)
        return function(*arguments, **keywords)

    return standin


@dataclass(frozen=True, slots=True)
class Place:
    """A name of a module to which a function is bound."""

    names: dict[str, Any]
    name: str
    function: Any
    standin: StandIn

    def put(self) -> None:
        """Put the stand-in there, unless something else is there by now."""
        if self.names.get(self.name) is self.function:
            self.names[self.name] = self.standin


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a class that is written in Python."""

    owner: type
    name: str
    standin: Callable[..., Any]

    def put(self) -> None:
        """Put the stand-in there."""
        setattr(self.owner, self.name, self.standin)


def prepare(table: Sequence[Telling], ear: Ear) -> list[Place | Method]:
    """Return stand-ins for all that a table names, each with its place, in the modules that are loaded."""
    functions: dict[int, tuple[Any, StandIn]] = {}
    found: list[Place | Method] = []
    for telling in table:
        names = vars(sys.modules[telling.module]) if telling.module in sys.modules else {}
        for name in telling.names:
            owner, _, attribute = name.rpartition(".")
            if owner in names:
                standin = method(getattr(names[owner], attribute), telling, ear)
                found.append(Method(names[owner], attribute, standin))
            elif name in names:
                functions[id(names[name])] = (names[name], StandIn(names[name], telling, ear))
    for key, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and top_of(key) not in MACHINERY:
            bound = [
                (name, functions[id(value)]) for name, value in list(vars(module).items()) if id(value) in functions
            ]
            found += [Place(vars(module), name, *pair) for name, pair in bound]
    return found


def put_into_class(owner: type, name: str, value: Any) -> None:
    """Replace an attribute of a class that is written in C, which has no other way to it than its own dictionary.

    Raises RuntimeError where the interpreter keeps its classes otherwise.
    """
    entries = gc.get_referents(owner.__dict__)[0]
    entries[name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(owner))
    if vars(owner)[name] is not value:
        raise RuntimeError(f"{owner.__name__}.{name} is another one still")
