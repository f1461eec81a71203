"""Who can have code run by a site."""

import pytest

from sagews.config.backend import Backend
from sagews.config.site import Site
from sagews.service.readers import Readers, readers


@pytest.mark.parametrize(
    ("backend", "who"),
    [
        (Backend(), Readers.OWNER),
        (Backend(host="::1"), Readers.OWNER),
        (Backend(origins=["https://book.example.org"]), Readers.OWNER),
        (Backend(host="0.0.0.0"), Readers.TOKEN),
        (Backend(host="0.0.0.0", hosts=["math.example.org"]), Readers.TOKEN),
        (Backend(hosts=["math.example.org"]), Readers.ANYBODY),
        (Backend(trusted_proxies=["127.0.0.1"]), Readers.ANYBODY),
    ],
)
def test_who_it_is(backend: Backend, who: Readers) -> None:
    assert readers(Site(backend=backend)) is who
