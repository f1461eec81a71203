"""What the zygote does before it can fork: import, warm, freeze."""

import faulthandler
import gc
import importlib
import os
import platform
import signal
import sys
import traceback

from sagews.protocol import sagews_pb2 as pb
from sagews.session import deadline, films, hugepages
from sagews.session.fingerprint import fingerprint
from sagews.session.languages import wrapping
from sagews.session.main import Session
from sagews.session.sage import sage

WARM_UP_DEADLINE = 30.0
"""Seconds that the code of a site's `warm_up` may take; then it counts as failed."""

_MAX_FAILURE = 1000
_WARMING = (
    "1+1",
    "raise ValueError",
    "import asyncio; await asyncio.sleep(0)",
    "from IPython.display import display, HTML; display(HTML('<b>1</b>'))",
)
"""Cells that take each part of a session through its paces once."""

_WARMING_WITH = {
    "matplotlib.pyplot": "import matplotlib.pyplot as plt; plt.plot([1, 2], label='$x$'); plt.title('a'); plt.legend()",
    "sympy": "import sympy; sympy.integrate(sympy.sin(sympy.Symbol('x')), sympy.Symbol('x'))",
    "pandas": "import pandas; pandas.DataFrame({'a': [1, 2]})",
    "numpy": "import numpy; numpy.arange(9.0).reshape(3, 3) @ numpy.ones(3)",
}
"""Cells for modules, where these are preloaded."""


def preload(session: Session, names: list[str], warm_up: str = "") -> pb.Preloaded:
    """Import the named modules, use the session once, run the site's own code; return the report for the supervisor.

    A module that cannot be imported, or code that fails, is no fault of the others: it is named in the report.
    """
    _report_crashes()
    missing = [name for name in names if not _imported(name)]
    if sage.is_loaded():
        session.take_sage()
    session.shell.show_figures_inline()
    films.install()
    warming = [*_WARMING, *(_WARMING_WITH[name] for name in names if name in _WARMING_WITH and name not in missing)]
    session.rehearse(warming)
    failure = _warm_up(session, warm_up) if warm_up else ""
    if sys.path[0] == os.getcwd():
        sys.path[0] = ""  # Sessions import from the directory in which they are, not from the zygote's.
    session.watching.prepare()
    loaded = [name for name in names if name not in missing]
    return pb.Preloaded(
        modules=loaded,
        missing=missing,
        python=platform.python_version(),
        warm_up=failure,
        fingerprint=fingerprint(loaded, warm_up),
        languages=wrapping.offered(session.shell),
    )


def _warm_up(session: Session, code: str) -> str:
    """Run the site's own code, and return why it failed; empty if it did not."""
    try:
        with deadline.within(WARM_UP_DEADLINE):
            (error,) = session.rehearse([code])
    except TimeoutError:
        return f"took over {WARM_UP_DEADLINE:.0f} s"
    return "" if error is None else " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_FAILURE]


def freeze() -> None:
    """Make this process cheap to fork and its memory cheap to share.

    All objects that live now go where no collection of garbage looks at them again.
    """
    _empty_font_cache()
    gc.collect()
    gc.freeze()
    hugepages.join()


def _empty_font_cache() -> None:
    """Close the fonts that matplotlib holds open: it would do so in every fork, and write all over the heap for it."""
    font_manager = sys.modules.get("matplotlib.font_manager")
    if clear := getattr(getattr(font_manager, "_get_font", None), "cache_clear", None):
        clear()


def _imported(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:
        # Also one that is there and broken must not keep sessions from being had.
        traceback.print_exc(limit=-3, file=sys.stderr)
        return False
    return True


def _report_crashes() -> None:
    """Have a session that crashes, or is asked by SIGQUIT to end, show on stderr where it was."""
    faulthandler.enable(file=2, all_threads=False)
    faulthandler.register(signal.SIGQUIT, file=2, all_threads=False, chain=True)
