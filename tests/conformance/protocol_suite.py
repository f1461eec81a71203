"""Runs the SockJS protocol suite, which is Python 2, against a server."""

import os
import re
import subprocess
from pathlib import Path

from tests.conformance.outcome import Outcome

REQUIREMENTS = ("unittest2==1.1.0", "websocket-client==0.59.0", "ws4py==0.5.1")
"""What the suite imports, in the newest versions for Python 2.7."""

NAMED = {
    "Websocket.test_haproxy": "wants the handshake of hixie-76, a draft of 2010 that no browser has spoken since 2013; "
    "a socket opened by it would have no masking and no close of its own",
}
"""The tests that fail, each with its reason."""
NEEDED = 66
"""Tests that must pass, of TESTS."""
TESTS = 68

_LINE = re.compile(r"^(\w+) \(__main__\.(\w+)\)(?:\n.*?)?? \.\.\. (ok|FAIL|ERROR|skipped.*)$", re.MULTILINE)
DEADLINE = 300.0


def install(python: str, folder: Path) -> None:
    """Install what the suite imports into a folder, unless that is done. Raises CalledProcessError."""
    stamp = folder / ".installed"
    if not stamp.is_file() or stamp.read_text() != "\n".join(REQUIREMENTS):
        command = [python, "-m", "pip", "install", "-qq", "--target", str(folder), *REQUIREMENTS]
        subprocess.run(command, check=True, timeout=DEADLINE)
        stamp.write_text("\n".join(REQUIREMENTS))


def run(python: str, suite: Path, packages: Path, url: str) -> tuple[list[Outcome], str]:
    """Run the whole suite against the server at `url`; return what became of each test, and what it said."""
    environment = os.environ | {
        "PYTHONPATH": str(packages),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOCKJS_URL": url,
        "no_proxy": "*",
    }
    command = [python, "-W", "ignore", "sockjs-protocol.py", "-v"]
    ran = subprocess.run(
        command, cwd=suite, env=environment, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    found = [Outcome(f"{where}.{name}", word, word != "ok") for name, where, word in _LINE.findall(ran.stderr)]
    return found, ran.stderr
