"""A real sshd on a free port of the loopback, with keys that are made for it, and ssh's configuration for it."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import wait_until
from tests.site.admin.ground import free_port

SSHD = next((path for path in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if Path(path).exists()), "")
"""Where it is; empty if it is not installed."""


@contextmanager
def running_sshd(folder: Path) -> Iterator[str]:
    """Run a real sshd on a free port of the loopback, with keys of its own; give ssh's configuration for it."""
    for key in ("host_key", "user_key"):
        if (folder / key).exists():
            continue
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": folder / "user_key.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "AcceptEnv": "SAGEWS_RUN",
    }
    (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with open(folder / "sshd.log", "wb") as log:
        server = subprocess.Popen(
            [SSHD or "sshd", "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        wait_until(lambda: _accepts(port), 10, "sshd listens")
        yield ssh_configuration(folder, port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def ssh_configuration(folder: Path, port: int) -> str:
    """Write the configuration of a client of a server on this machine's port; return its path."""
    lines = [
        "Host *",
        "HostName 127.0.0.1",
        f"Port {port}",
        f"IdentityFile {folder / 'user_key'}",
        "IdentitiesOnly yes",
        f"UserKnownHostsFile {folder / 'known_hosts'}",
        "StrictHostKeyChecking no",
        "SendEnv SAGEWS_RUN",
    ]
    (folder / "ssh_config").write_text("\n".join(lines) + "\n")
    return str(folder / "ssh_config")


def _accepts(port: int) -> bool:
    with socket.socket() as peer:
        return peer.connect_ex(("127.0.0.1", port)) == 0
