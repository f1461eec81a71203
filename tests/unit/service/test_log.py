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
