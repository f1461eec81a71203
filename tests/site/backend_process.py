"""A real backend, started as a service in a temporary folder, for workers that a test has started."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def running_backend(folder: Path, config: str, environment: dict[str, str] | None = None) -> Iterator[str]:
    """Start `sagews backend` on a free port; give its address, and stop it."""
    toml = folder / "backend.toml"
    toml.write_text(config)
    arguments = ["--config", str(toml), "--data", str(folder / "data"), "--runtime", str(folder / "run")]
    command = [sys.executable, "-m", "sagews", "backend", "--lifeline", "--port", "0", *arguments]
    with (folder / "backend.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | (environment or {}),
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        announcement = json.loads(process.stdout.readline() or b"{}")
        assert "ready" in announcement, (announcement, (folder / "backend.log").read_text())
        yield f"http://127.0.0.1:{announcement['ready']['port']}/"
    finally:
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()
