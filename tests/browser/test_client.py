"""The client bundle: its weight, and what of it needs no browser."""

import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"


@pytest.mark.parametrize("script", ["size", "test"])
def test_npm(script: str) -> None:
    done = subprocess.run(["npm", "run", "--silent", script], cwd=WEB, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_source_maps_and_no_other_address() -> None:
    static = WEB.parent / "sagews" / "backend" / "static"
    assert not list(static.glob("*.map"))
    for path in static.glob("*.html"):
        assert "://" not in path.read_text()
