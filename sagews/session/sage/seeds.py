"""Sage's random numbers: each of its libraries has a generator, and all are copied by a fork.

Sage's own state (`sage.misc.randstate`) is what `randint`, `random_element`
and their like draw from. Sage's code seeds PARI, NTL and GAP from it before
it has them draw; who asks these directly, or Maxima, gets what they have. So
all are seeded in each session, by random numbers of the system.

A watched evaluation has all of them seeded by its code instead: much of Sage
draws numbers for purposes of its own, as `plot` does for the places where it
looks at a function, and is to give the same each time. Code that has a word
in it by which readers ask for numbers cannot be repeated.
"""

import ctypes
import hashlib
import os
import re
import sys
from typing import Any

_BYTES = 16
_STATE, _GAP, _MAXIMA = "sage.misc.randstate", "sage.libs.gap.libgap", "sage.interfaces.maxima_lib"
_ASKS = re.compile(
    r"rand|shuffle|sample|choice|uniform|gauss|variate|seed|noise|stochastic|markov|monte", re.IGNORECASE
)

_libc = ctypes.CDLL(None)


def asks_for_random_numbers(code: str) -> bool:
    """Whether code has a word by which Sage is asked for random numbers."""
    return _ASKS.search(code) is not None


def renew() -> None:
    """Seed all of them anew, so that siblings differ."""
    _seed(os.urandom(_BYTES))


def plant(code: str) -> None:
    """Seed all of them by the code of a watched evaluation."""
    _seed(hashlib.blake2b(code.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest())


def _seed(seed: bytes) -> None:
    large, small = int.from_bytes(seed), int.from_bytes(seed[:4]) >> 1
    random = _module(_STATE)
    random.set_random_seed(large)
    state = random.current_randstate()
    # What is made only when it is asked for would be so while the reader's code runs, and count as theirs.
    state.python_random()
    state.set_seed_libc(True)
    state.set_seed_ntl(True)
    state.set_seed_pari()
    _libc.srandom(small)
    if _GAP in sys.modules:
        state.set_seed_libgap()
        _module(_GAP).libgap.set_seed(large)
    if _MAXIMA in sys.modules:
        _module(_MAXIMA).maxima_lib.eval(f"set_random_state(make_random_state({small}))$")


def _module(name: str) -> Any:
    return sys.modules[name]
