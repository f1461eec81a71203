"""The environments that sessions run in."""

import msgspec


class Environment(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[[environment]]`: an interpreter and what is imported before a session is forked."""

    name: str
    """What a reader chooses it by."""
    interpreter: str = ""
    """Path of its Python. Empty: the Python that runs sagews."""
    preload: list[str] = []
    """Modules that the zygote imports; one that is missing is left out and named in the log."""
    readable: list[str] = []
    """Paths of this machine that sessions may read beside the system and their interpreter: data sets, programs."""
    network: bool | None = None
    """Whether sessions may use this machine's network. Not said: only where the site is its owner's alone, which
    `sagews serve` is that listens on loopback and has no `hosts`."""
    warm_up: str = ""
    """Code that the zygote runs once before sessions are forked from it, so that they find warm what it used; what it
    defines is forgotten. If it fails, the log says so, and sessions start all the same."""
    spares: int = 2
    """Sessions that are kept ready, forked and confined, waiting for a reader. 0: fork on demand."""
    limits: dict[str, float] = {}
    """Limits of this environment's sessions that are lower than those of `[limits]`, by the same names."""


PYTHON = Environment(
    name="python",
    preload=["numpy", "scipy", "sympy", "matplotlib.pyplot", "pandas", "ipywidgets"],
)
"""The environment of a site that names none."""
