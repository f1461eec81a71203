"""The doctor where there is no Linux: it can be asked, and says what it misses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent
ELSEWHERE = """
import asyncio, multiprocessing, selectors, subprocess, aiohttp, sockjs, sqlalchemy, structlog, uvloop
from tests.unit.worker.elsewhere import leave_linux
leave_linux()
"""
DIAGNOSE = """
from sagews.config.site import Site
from sagews.worker.doctor import doctor
raise SystemExit(not doctor(Site(), print, as_json=True))
"""


def python(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("module", ["worker.main", "worker.check", "worker.doctor", "backend.main", "admin.serve"])
def test_services_can_be_imported_elsewhere(module: str) -> None:
    ran = python(f"{ELSEWHERE}\nimport sagews.{module}")
    assert ran.returncode == 0, ran.stderr


def test_it_says_that_tier_d_is_the_most_and_what_is_missing() -> None:
    ran = python(ELSEWHERE + DIAGNOSE)
    assert ran.returncode == 1, ran.stderr
    report = json.loads(ran.stdout)
    assert report["system"].startswith("Darwin ")
    tiers = {row["tier"]: row["keeps"][0] for row in report["tiers"]}
    assert all("this is Darwin, where tier D is the most" in tiers[tier] for tier in "ABC")
    assert "pidfd_open" in tiers["D"]
