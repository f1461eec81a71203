"""What follows from who can open a worker's sessions. Thinking only, no I/O."""

import msgspec

from sagews.config.site import Site
from sagews.errors import ConfigurationError
from sagews.service.readers import Readers, readers


def known_readers(site: Site, told: str | None) -> Readers:
    """Return who can open sessions: whom the starter named, otherwise what the configuration says.

    A worker cannot know that its backend is for nobody but the owner of the
    machine, so that it takes the starter's word alone for that; and of
    backends on other machines it knows nothing at all.
    Raises ConfigurationError for a word that names nobody.
    """
    if told is None:
        is_open = readers(site) is Readers.ANYBODY or site.worker.listen
        return Readers.ANYBODY if is_open else Readers.TOKEN
    try:
        return Readers(told)
    except ValueError:
        known = ", ".join(Readers)
        raise ConfigurationError(f"is {told!r}, not one of {known}", "--readers", "see sagews worker --help") from None


def for_readers(site: Site, known: Readers) -> Site:
    """Return the site with each environment's network decided: its own word, otherwise only the owner has it."""
    environments = [
        msgspec.structs.replace(each, network=known is Readers.OWNER) if each.network is None else each
        for each in site.environment
    ]
    return msgspec.structs.replace(site, environment=environments)
