"""The languages of code: their names, on the wire and everywhere else, which are SageMathCell's."""

LANGUAGES = ("sage", "gap", "gp", "html", "macaulay2", "maxima", "octave", "python", "r", "singular")
"""Those that an evaluation can be in. Empty stands for the environment's own: `sage` or `python`."""


def is_known(name: str) -> bool:
    """Whether a language can be asked for by this name."""
    return not name or name in LANGUAGES
