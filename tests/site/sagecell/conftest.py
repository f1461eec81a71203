"""Fixtures of this room.

guarded   a site with terms, pages of other sites, known programs, and room for three sessions of one address
"""

from collections.abc import Iterator

import pytest

from tests.running import RunningSite, running_site

TERMS = "<!doctype html><p>Be nice.</p>"
GUARDED = """
[sagecell]
terms = "{terms}"
service_bytes = 1000
service_rich = false

[embedding]
origins = ["https://book.example.org"]

[permalinks]
expire_days = 3

[worker]
sessions_per_address = 3

[[environment]]
name = "python"
preload = []
"""


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    directory = tmp_path_factory.mktemp("guarded")
    (directory / "terms.html").write_text(TERMS)
    config = GUARDED.replace("{terms}", str(directory / "terms.html"))
    with running_site(directory, config=config) as running:
        yield running
