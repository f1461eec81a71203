"""What is wrong with the settings of printing. Thinking only, no I/O."""

from pathlib import PurePosixPath

from sagews.config.site import Site
from sagews.config.source import Source
from sagews.errors import ConfigurationError

MOST_SECONDS = 600.0
"""Seconds of a print: somebody waits for the answer."""


def check_printing(site: Site, source: Source) -> None:
    """Refuse an environment that cannot print, or must not. Raises ConfigurationError, with the line."""
    printing = site.printing
    if not 0 < printing.seconds <= MOST_SECONDS:
        what = f"setting 'printing.seconds': is not above 0, or over {MOST_SECONDS:.0f}"
        raise ConfigurationError(what, source("printing", "seconds"), "correct its value")
    # Where nothing is printed, what its files would be limited to is nobody's concern.
    most = site.limits.file_bytes if printing.environment else 0
    for name in ("max_input", "max_bytes"):
        if not 0 < (value := getattr(printing, name)) <= (most or value):
            what = f"setting 'printing.{name}': is not above 0, or over 'limits.file_bytes', {most:,}"
            raise ConfigurationError(what, source("printing", name), "correct its value")
    if printing.browser and not PurePosixPath(printing.browser).is_absolute():
        what = f"setting 'printing.browser': {printing.browser!r} is no absolute path"
        raise ConfigurationError(what, source("printing", "browser"), "write it as /usr/lib/chromium/chromium")
    if not printing.environment:
        return
    where, setting = source("printing", "environment"), f"setting 'printing.environment': {printing.environment!r}"
    environment = next((each for each in site.environment if each.name == printing.environment), None)
    if environment is None:
        hint = "name one of [[environment]], or leave it out to print nothing"
        raise ConfigurationError(f"{setting} is no environment of this site", where, hint)
    # A page that is printed shall reach nothing, also on a site that is its owner's alone.
    if environment.network is not False:
        raise ConfigurationError(f"{setting} may have the network", where, "set its network = false")
    if site.limits.address_space or environment.limits.get("address_space"):
        hint = "set limits.address_space = 0, and give each other environment a limit of its own"
        raise ConfigurationError(
            f"{setting} has a limit of address space, with which Chromium cannot start", where, hint
        )
