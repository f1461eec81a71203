"""Whether the first page evaluates at once what a link brings. Thinking only, no I/O.

Any page of the web may lead a reader here with code of its own. Where that
code can reach nothing, following the link is no more than looking at it.
"""

from sagews.config.site import Site
from sagews.service.readers import Readers, readers

_CONFINED = frozenset({"A", "B"})
"""Tiers in which code has files and processes of its own alone."""


def evaluates_links(site: Site, tier: str) -> bool:
    """Return what `[sagecell] autoeval` means for sessions in this tier; an unknown one is empty."""
    match site.sagecell.autoeval:
        case "always":
            return True
        case "never":
            return False
    # On a machine of the reader's own, sessions have its network, and so would the code of any link.
    has_network = any(environment.network for environment in site.environment)
    return tier in _CONFINED and not has_network and readers(site) is not Readers.OWNER
