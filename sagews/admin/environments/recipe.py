"""What environments can be installed, from which packages, where, and how it is known that they work."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recipe:
    """An environment that can be installed."""

    name: str
    what: str
    """In words, with what it takes."""
    preload: str
    """The module that its sessions have imported."""
    trial: str
    """Code that ends with status 0 where all is well."""

    @property
    def packages(self) -> Path:
        """The file that names its packages, each with its version."""
        return Path(__file__).with_name(f"{self.name}.txt")


SAGE = Recipe(
    name="sage",
    what="Sage (passagemath 10.8): about 1 GB to fetch, and up to 5 GB of disk until it is made smaller",
    preload="sage.all",
    trial="""
import os, tempfile
from sage.all import *
import anywidget, ipywidgets, matplotlib.pyplot, networkx, scipy.optimize
assert str(factor(2**64 - 1)).startswith("3 * 5 * 17")
x = SR.var("x")
assert str(integrate(x * sin(x), x)) == "-x*cos(x) + sin(x)"
assert libgap.SymmetricGroup(4).Order() == 24
with tempfile.TemporaryDirectory() as directory:
    plot(sin(x), (x, 0, 1)).save(os.path.join(directory, "plot.png"))
""",
)
RECIPES = {recipe.name: recipe for recipe in (SAGE,)}


def default_directory(name: str) -> Path:
    """Return where an environment is installed if nobody says otherwise.

    For root where all users can read it, since those of sessions must; for
    anybody else among their own data (XDG Base Directory Specification).
    """
    if os.geteuid() == 0:
        return Path("/opt/sagews/environments", name)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data, "sagews", "environments", name)
