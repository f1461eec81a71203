"""Where the code of a link is evaluated at once."""

import pytest

from sagews.backend.sagecell.autoeval import evaluates_links
from sagews.config.backend import Backend
from sagews.config.environment import Environment
from sagews.config.sagecell import SageCell
from sagews.config.site import Site

PUBLIC, TOKEN, OWN = Backend(public=True), Backend(host="192.0.2.1"), Backend()


@pytest.mark.parametrize(
    ("backend", "tier", "network", "runs"),
    [
        (PUBLIC, "A", None, True),
        (PUBLIC, "B", False, True),
        (TOKEN, "B", None, True),
        (PUBLIC, "C", None, False),
        (PUBLIC, "D", None, False),
        (PUBLIC, "", None, False),
        (PUBLIC, "A", True, False),
        (OWN, "A", None, False),
        (OWN, "A", False, False),
    ],
)
def test_it_is_where_that_can_hurt_nobody(backend: Backend, tier: str, network: bool | None, runs: bool) -> None:
    environment = [Environment(name="python"), Environment(name="other", network=network)]
    site = Site(backend=backend, environment=environment)
    assert evaluates_links(site, tier) is runs


@pytest.mark.parametrize("tier", ["A", "D", ""])
def test_a_site_may_say_otherwise(tier: str) -> None:
    assert evaluates_links(Site(sagecell=SageCell(autoeval="always")), tier)
    assert not evaluates_links(Site(backend=PUBLIC, sagecell=SageCell(autoeval="never")), tier)
