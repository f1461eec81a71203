"""Random numbers: whether a watched evaluation has drawn some that nobody can draw again.

A generator that a module has for all its users is looked at before and after:
one that is in another state, and was not seeded by the reader before, has been
drawn from. So drawing costs nothing. Whoever makes or seeds a generator
without a seed asks the system for one, and is noticed there: `secrets`,
`uuid4`, `random.SystemRandom` and numpy's `SeedSequence` all ask `os.urandom`.
"""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.session.standins import Telling, without
from sagews.session.witness import MACHINERY

_RANDOM = pb.UNREPEATABLE_RANDOM

INNOCENT = MACHINERY | {"numpy.random._pickle", "sympy.printing.preview"}
"""numpy makes a generator that has a state in two steps; sympy typesets in a temporary directory."""
SCIPY = frozenset({"scipy"})
"""It draws numbers for examples in its documentation while it is imported, and keeps no generator."""

_entropy = partial(Telling, reason=_RANDOM, innocent=INNOCENT, while_imported=SCIPY.__contains__)
ENTROPY = [
    _entropy("posix", ("urandom", "getrandom")),
    _entropy("random", ("Random.seed",), counts=without(1, "a")),
]


class Shared:
    """A generator that a module has for all its users."""

    def __init__(self, name: str, state: Callable[[ModuleType], object]) -> None:
        self._name = name
        self._state = state
        self._module: ModuleType | None = None
        self._before: object = None
        self._is_seeded = False

    def table(self, seed: str, of_its_state: tuple[str, ...]) -> list[Telling]:
        """Return what tells of its seeding, and of those who take its state or bring another."""
        return [
            Telling(self._name, (seed,), _RANDOM, self._is_no_seed, self._seeded),
            Telling(self._name, of_its_state, _RANDOM, lambda arguments, keywords: not self._is_seeded),
        ]

    def begin(self) -> None:
        """Remember its state, where its module is loaded."""
        self._module = sys.modules.get(self._name)
        if self._module is not None:
            self._before = self._state(self._module)

    @property
    def is_drawn_from(self) -> bool:
        """Whether something was drawn that no seed of the reader's gives again.

        One that was made meanwhile was noticed when it asked for its seed.
        """
        if self._module is None or self._is_seeded:
            return False
        return self._state(self._module) != self._before

    def _is_no_seed(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> bool:
        return next(iter((*arguments, *keywords.values())), None) is None or self.is_drawn_from

    def _seeded(self) -> None:
        self._is_seeded = True


def _state_of_python(module: ModuleType) -> object:
    return module._inst.getstate()


def _state_of_numpy(module: ModuleType) -> object:
    state = module._rand.get_state(legacy=False)
    inner = {name: bytes(part) if hasattr(part, "dtype") else part for name, part in state.pop("state").items()}
    return state, inner


PYTHON = Shared("random", _state_of_python)
NUMPY = Shared("numpy.random.mtrand", _state_of_numpy)
RANDOMNESS = [
    *ENTROPY,
    *PYTHON.table("seed", ("getstate", "setstate")),
    *NUMPY.table("seed", ("get_state", "set_state", "get_bit_generator", "set_bit_generator")),
]
