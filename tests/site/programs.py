"""Programs of the system that some tests need.

The tests of one that is missing are skipped, or fail where SAGEWS_DEMAND_PROGRAMS is set.
"""

import os
import shutil

import pytest

DEMAND = "SAGEWS_DEMAND_PROGRAMS"


def program(name: str) -> str:
    """Return the path of a program; where it is not installed, skip the test or fail it."""
    # Debian has servers in a directory that is not on everybody's PATH.
    if path := shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"):
        return path
    if os.environ.get(DEMAND):
        pytest.fail(f"{name} is not installed, and {DEMAND} is set")
    pytest.skip(f"{name} is not installed")
