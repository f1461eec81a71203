"""Runs Autobahn's cases for WebSocket servers, whose program is Python 2, against a server."""

import json
import os
import subprocess
from pathlib import Path

from tests.conformance.outcome import Outcome

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
COMPRESSED = ["12.*", "13.*"]
ALLOWED = {"OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"}
DEADLINE = 3600.0
"""Seconds for all cases; with compression they send 216,000 messages, which its interpreter makes slowly."""


def run(python: str, packages: Path, into: Path, url: str, cases: list[str]) -> tuple[list[Outcome], str]:
    """Run cases against the plain socket at `url`; return what became of each, and what the program said.

    `packages` is the folder into which `autobahntestsuite` was installed.
    """
    into.mkdir(parents=True, exist_ok=True)
    spec = into / "spec.json"
    spec.write_text(
        json.dumps(
            {
                "outdir": str(into / "reports"),
                "servers": [{"agent": "sagews", "url": url, "options": {"version": 18}}],
                "cases": cases,
                "exclude-cases": [],
                "exclude-agent-cases": {},
            }
        )
    )
    start = "from autobahntestsuite.wstest import run; run()"
    command = [python, "-W", "ignore", "-c", start, "-m", "fuzzingclient", "-s", str(spec)]
    environment = os.environ | {"PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(command, cwd=into, env=environment, capture_output=True, text=True, timeout=DEADLINE)
    said = ran.stdout[-4000:] + ran.stderr[-4000:]
    report = into / "reports" / "index.json"
    if ran.returncode != 0 or not report.is_file():
        return [], said
    results = json.loads(report.read_text())["sagews"]
    return [_outcome(case, result) for case, result in results.items()], said


def _outcome(case: str, result: dict[str, str]) -> Outcome:
    word = result["behavior"]
    close = result["behaviorClose"]
    failed = word not in ALLOWED or close not in ALLOWED
    return Outcome(case, word if close == "OK" else f"{word}, close {close}", failed)
