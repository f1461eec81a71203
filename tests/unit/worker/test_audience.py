"""Who can open sessions, and which environments have the network for that."""

import pytest

from sagews.config.backend import Backend
from sagews.config.environment import Environment
from sagews.config.site import Site
from sagews.errors import ConfigurationError
from sagews.service.readers import Readers
from sagews.worker.audience import for_readers, known_readers

ENVIRONMENTS = [
    Environment(name="silent"),
    Environment(name="on", network=True),
    Environment(name="off", network=False),
]


def networks(readers: Readers) -> dict[str, bool | None]:
    site = for_readers(Site(environment=ENVIRONMENTS), readers)
    return {environment.name: environment.network for environment in site.environment}


def test_only_the_owner_has_the_network_unasked() -> None:
    assert networks(Readers.OWNER) == {"silent": True, "on": True, "off": False}
    for readers in (Readers.TOKEN, Readers.ANYBODY):
        assert networks(readers) == {"silent": False, "on": True, "off": False}


def test_a_worker_takes_its_starters_word() -> None:
    assert known_readers(Site(), "owner") is Readers.OWNER
    assert known_readers(Site(), "anybody") is Readers.ANYBODY


def test_a_worker_on_its_own_is_never_the_owners_alone() -> None:
    assert known_readers(Site(), None) is Readers.TOKEN
    assert known_readers(Site(backend=Backend(hosts=["math.example.org"])), None) is Readers.ANYBODY


def test_a_word_that_names_nobody() -> None:
    with pytest.raises(ConfigurationError, match="owner, token, anybody"):
        known_readers(Site(), "me")
