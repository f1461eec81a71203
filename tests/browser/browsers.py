"""The browsers that the tests drive, as Debian and others name them.

The tests of one that is missing are skipped, or fail where SAGEWS_DEMAND_BROWSERS is set.
"""

import os
import shutil

import pytest

CHROMIUM = ("chromium", "chromium-browser")
FIREFOX = ("firefox-esr", "firefox")
DEMAND = "SAGEWS_DEMAND_BROWSERS"


def browser_path(names: tuple[str, ...]) -> str:
    """Return the path of the first that is installed; where none is, skip the test or fail it."""
    for name in names:
        if path := shutil.which(name):
            return path
    missing = f"neither of {' and '.join(names)} is installed (scripts/install-browsers)"
    if os.environ.get(DEMAND):
        pytest.fail(f"{missing}, and {DEMAND} is set")
    pytest.skip(missing)
