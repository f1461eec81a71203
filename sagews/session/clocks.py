"""Clocks: what a watched evaluation may read the time from, and how that is noticed.

A module of the environment may read a clock while it is imported: what it does
with the time at which it was loaded, nobody sees.

`date.today()` and `datetime.today()` ask `time.time`. The other two ways in
which `datetime` tells the time are methods of a class that is written in C.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.session.standins import Arguments, Ear, StandIn, Telling, put_into_class, without
from sagews.session.witness import MACHINERY

INNOCENT = MACHINERY | {"logging", "matplotlib.legend"}
"""matplotlib warns if a place for a legend is long in finding. A record of `logging` has its time, which few show."""

_clock = partial(
    Telling, reason=pb.UNREPEATABLE_CLOCK, innocent=frozenset(INNOCENT), while_imported=lambda module: True
)


def _shows_time(arguments: Arguments, keywords: Mapping[str, Any]) -> bool:
    """Whether a format of logging shows a time without formatting it."""
    form = str(keywords.get("fmt", arguments[1] if len(arguments) > 1 else ""))
    return any(field in form for field in ("created", "msecs", "relativeCreated"))


CLOCKS = [
    _clock("time", ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")),
    _clock("time", ("process_time", "process_time_ns", "thread_time", "thread_time_ns")),
    _clock("time", ("clock_gettime", "clock_gettime_ns")),
    _clock("time", ("localtime", "gmtime", "ctime", "asctime"), counts=without(0)),
    _clock("time", ("strftime",), counts=without(1)),
    _clock("posix", ("times", "getloadavg")),
    _clock("resource", ("getrusage",)),
    _clock("signal", ("alarm", "setitimer", "getitimer")),
    _clock("uuid", ("uuid1",)),
    # They keep a clock that they were given when they were defined, or have one of their own.
    _clock("timeit", ("Timer.timeit",)),
    _clock("cProfile", ("Profile.enable",)),
    _clock("logging", ("Formatter.formatTime",), innocent=frozenset()),
    _clock("logging", ("Formatter.__init__",), innocent=frozenset(), counts=_shows_time),
]

_OF_DATETIME = _clock("datetime", ("now", "utcnow"))
_NOW = re.compile(r"""(["'])(?:now|today)\1""")


def watch_datetime(ear: Ear) -> None:
    """Have `datetime.now` and `datetime.utcnow` told of, in this class and in those made from it.

    Raises RuntimeError where the interpreter keeps its classes otherwise.
    """
    for name in _OF_DATETIME.names:
        standin = StandIn(_of_class(vars(datetime.datetime)[name]), _OF_DATETIME, ear)
        put_into_class(datetime.datetime, name, classmethod(standin))


def _of_class(original: Any) -> Callable[..., Any]:
    """Return a class method as a function of the class and its arguments."""

    def of_class(owner: type, /, *arguments: Any, **keywords: Any) -> Any:
        return original.__get__(None, owner)(*arguments, **keywords)

    of_class.__name__, of_class.__qualname__ = original.__name__, original.__qualname__
    of_class.__doc__ = original.__doc__
    return of_class


def asks_for_now(code: str) -> bool:
    """Whether code holds the text "now" or "today", for which numpy and pandas put the time.

    numpy reads the clock in C for `np.datetime64("now")`, where nothing can stand in.
    """
    return _NOW.search(code) is not None
