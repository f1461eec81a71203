"""Random numbers that a library draws for its own algorithms: sympy tries and shuffles in most of what it does.

Their generators are seeded with the code that is to be evaluated, so that the
same code is computed in the same way each time and can be kept. Numbers that
the reader asks for count, as far as it is one of the functions named here;
others, such as a random element of a group, are the same for the same code.
"""

import sys
from functools import partial

from sagews.protocol import sagews_pb2 as pb
from sagews.session.standins import Telling, without


class Sympy:
    """The generators of sympy."""

    module = "sympy.core.random"

    def __init__(self) -> None:
        self._is_seeded = False

    def table(self) -> list[Telling]:
        """Return what tells of numbers that the reader gets."""
        given = partial(
            Telling,
            reason=pb.UNREPEATABLE_RANDOM,
            counts=lambda arguments, keywords: not self._is_seeded,
            innocent=frozenset({"sympy"}),
        )
        drawing = ("choice", "random", "randint", "randrange", "sample", "shuffle", "uniform", "random_complex_number")
        return [
            Telling(self.module, ("seed",), pb.UNREPEATABLE_RANDOM, without(0, "a"), self._seeded),
            given(self.module, drawing),
            given("sympy.ntheory.generate", ("randprime",)),
        ]

    def begin(self, code: str) -> None:
        """Seed what the library draws from, where it is loaded."""
        if (module := sys.modules.get(self.module)) is not None:
            module.rng.seed(code)
            module._assumptions_rng.seed(code)

    def _seeded(self) -> None:
        self._is_seeded = True


SYMPY = Sympy()
INNER = SYMPY.table()
