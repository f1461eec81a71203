"""The log: one JSON object a line, whatever is logged."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from sagews.service.log import start_log
start_log("worker")
structlog.get_logger().info("session opened", text="two\\nlines \\x1b[31m")
logging.getLogger("library").warning("careful: %s", "x\\ny")
"""


def test_lines_cannot_be_forged() -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=20, check=True)
    lines = [json.loads(line) for line in process.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["session opened", "careful: x\ny"]
    assert all(line["service"] == "worker" and line["level"] and line["timestamp"] for line in lines)
    assert "\x1b" not in process.stderr


def test_what_a_peer_calls_itself_stays_in_its_line() -> None:
    program = """
import structlog
from sagews.service.log import start_log
start_log("worker")
log = structlog.get_logger()
log.bind(peer="10.0.0.5:1", backend='b"}\\n{"event": "forged"').warning("link refused", why="\\x9b31m\\u2028")
"""
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    (line,) = process.stderr.splitlines()
    assert json.loads(line)["backend"] == 'b"}\n{"event": "forged"'
    assert line.isascii() and line.isprintable()
