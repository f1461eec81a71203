"""`numpy.random.RandomState(7)`: it makes a generator without a seed, and seeds that right afterwards.

So that one with a seed does not count as random, its maker is replaced, and
with it the method by which it is seeded. Whether that was called is known
when the next one is made, or at the end.
"""

import sys
from collections.abc import Callable
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.session.standins import put_into_class
from sagews.session.witness import Witness

MODULE = "numpy.random.mtrand"


class Maker:
    """Stands in numpy's module for the class of the generators that `RandomState` makes."""

    def __init__(self, original: Any, witness: Witness) -> None:
        self._original = original
        self._witness = witness
        self._unseeded: Any = None
        self._state: object = None

    def __call__(self, *arguments: Any) -> Any:
        """Make a generator; the system's random numbers that it asks for do not count yet."""
        if not self._witness.looks or arguments:
            return self._original(*arguments)
        if self.has_left_unseeded:
            self._witness.note(pb.UNREPEATABLE_RANDOM)
            return self._original()
        self._witness.looks = False
        try:
            self._unseeded = self._original()
            self._state = _state(self._unseeded)
        finally:
            self._witness.looks = True
        return self._unseeded

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._original)

    def seed(self, seeding: Callable[[Any, object], Any], generator: Any, seed: object) -> Any:
        """Seed a generator, and know whether it has drawn nothing before."""
        is_untouched = generator is self._unseeded and seed is not None and _state(generator) == self._state
        result = seeding(generator, seed)
        if is_untouched:
            self._unseeded = None
        return result

    @property
    def has_left_unseeded(self) -> bool:
        """Whether a generator was made that has no seed."""
        return self._unseeded is not None


def _state(generator: Any) -> object:
    inner = generator.state["state"]
    return bytes(inner["key"]), inner["pos"]


def install(witness: Witness) -> Maker | None:
    """Replace the maker where numpy is loaded, and return it. Raises RuntimeError where that cannot be done."""
    names = vars(sys.modules[MODULE]) if MODULE in sys.modules else {}
    original: Any = names.get("_MT19937")
    if original is None or not hasattr(original, "_legacy_seeding"):
        return None  # Of such a numpy, also a RandomState with a seed counts as random.
    maker = Maker(original, witness)
    seeding = original._legacy_seeding

    def _legacy_seeding(generator: Any, seed: object) -> Any:
        return maker.seed(seeding, generator, seed)

    put_into_class(original, "_legacy_seeding", _legacy_seeding)
    names["_MT19937"] = maker
    return maker
