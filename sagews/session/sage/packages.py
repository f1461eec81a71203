"""What Sage says of a program that it misses: which package of the system has it, as for languages."""

from typing import Any

PACKAGES = {
    "dvipng": "dvipng",
    "ffmpeg": "ffmpeg",
    "graphviz": "graphviz",
    "imagemagick": "imagemagick",
    "latex": "texlive-latex-extra",
    "pandoc": "pandoc",
    "pdf2svg": "pdf2svg",
    "texlive": "texlive-latex-extra",
    "texlive_luatex": "texlive-luatex",
}
"""Packages of Debian and its kin, by Sage's own names of what they have."""


class Debian:
    """What Sage asks for a hint, in place of the package systems that it would look for on the worker."""

    def spkg_installation_hint(self, spkgs: Any, *, prompt: str = "", feature: str | None = None) -> str:
        """Return what the operator can do for a feature; Sage adds where to read more."""
        package = PACKAGES.get(str(spkgs)) or PACKAGES.get(str(feature))
        return "" if package is None else f"The operator installs the package `{package}`."


def install() -> None:
    """Have Sage ask here. Only where Sage is loaded."""
    import sage.features

    sage.features._cache_package_systems = [Debian()]
