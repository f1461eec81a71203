"""Fixtures of the tests of `sagews admin`.

ground   a machine's part of a site, with nothing left of it at the end (ground.py)
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.admin.ground import Ground


@pytest.fixture
def ground() -> Iterator[Ground]:
    """Give a machine's part of a site; whatever of it still runs at the end is killed."""
    with tempfile.TemporaryDirectory(prefix="sagews-admin-") as directory:
        Path(directory).chmod(0o711)
        ground = Ground(Path(directory) / "data")
        try:
            yield ground
        finally:
            ground.clear()
