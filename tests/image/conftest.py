"""A volume for each test of the image."""

import uuid
from collections.abc import Iterator

import pytest

from tests.image.containers import podman


@pytest.fixture
def volume() -> Iterator[str]:
    name = f"sagews-{uuid.uuid4().hex[:8]}"
    yield name
    podman("volume", "rm", "--force", name, check=False)
