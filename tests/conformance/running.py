"""The conformance server as a process, for as long as a test or a suite needs it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running_server(*arguments: str) -> Iterator[str]:
    """Start it on a free port; give its address, `http://127.0.0.1:PORT`; end it and assert that it ended well."""
    command = [sys.executable, "-m", "tests.conformance.sockjs_server", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port.isdigit(), "the conformance server did not start"
        yield f"http://127.0.0.1:{port}"
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
