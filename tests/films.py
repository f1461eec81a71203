"""Films need ffmpeg on this machine: tests of them are skipped without, or fail if SAGEWS_DEMAND_SERVICES is set."""

import os
import shutil

import pytest

FILMS = pytest.mark.skipif(
    shutil.which("ffmpeg") is None and not os.environ.get("SAGEWS_DEMAND_SERVICES"), reason="ffmpeg is not installed"
)
