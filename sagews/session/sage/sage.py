"""Sage as the zygote has loaded it, and what each session forked from there does about it."""

import sys

from sagews.session.interrupt import Interrupts
from sagews.session.native_interrupt import taken_over
from sagews.session.sage import language, seeds
from sagews.session.sage.places import Places
from sagews.session.shell import SessionShell

MODULE = "sage.all"
"""What an environment preloads to be one of Sage."""
WARMING = (
    "factor(2^64-1); factor(x^4-1); prime_pi(10^4); EllipticCurve('11a').rank()",
    "integrate(x*sin(x), x); solve(x^2-2==0, x); limit(sin(x)/x, x=0); taylor(exp(x), x, 0, 3)",
    "matrix(QQ, 3, range(9)).echelon_form(); matrix(RDF, 3, range(9)).eigenvalues(); random_matrix(ZZ, 3).det()",
    "SymmetricGroup(4).order(); libgap.SymmetricGroup(3).Order(); Permutations(4).random_element()",
    "R.<a,b> = QQ[]; ideal(a^2-b, a*b-1).groebner_basis()",
    "show(plot(sin, (x, 0, 1)) + point((0, 0)) + text('a', (1, 1)))",
    "show(sphere()); show(graphs.PetersenGraph()); show(x^2/2)",
)
"""Cells that take each part of Sage through its paces once: Maxima alone takes over a second to start."""


class Sage:
    """Sage, loaded into this interpreter."""

    def __init__(self, shell: SessionShell, interrupts: Interrupts) -> None:
        """Have cells be in its language. Only where `is_loaded`, and before cells run."""
        interrupts.stand_above(taken_over())
        language.speak(shell)
        self._places = Places()

    def prepare(self) -> None:
        """Do what can be done in the zygote, when all is warm."""
        self._places.find()

    def settle(self) -> None:
        """Be a session's own: its directories, its random numbers. Called in each, behind its walls."""
        self._places.move()
        seeds.renew()


def is_loaded() -> bool:
    """Whether this interpreter has loaded it."""
    return MODULE in sys.modules
