"""A real sshd on a free port of the loopback, with keys that are made for it, and ssh's configuration for it."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.processes import wait_until
from tests.site.admin.ground import free_port

SSHD = next((path for path in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if Path(path).exists()), "")
"""Where it is; empty if it is not installed."""


def sshd_command(folder: Path, address: str, name: str = "sshd") -> list[str]:
    """Return the command of an sshd on an address, whose keys and configuration are made in a folder."""
    for key in ("host_key", "user_key"):
        if (folder / key).exists():
            continue
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    settings = {
        "ListenAddress": address,
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": folder / "user_key.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "AcceptEnv": "SAGEWS_RUN",
    }
    (folder / f"{name}_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return [SSHD or "sshd", "-D", "-e", "-f", str(folder / f"{name}_config")]


@contextmanager
def running_sshd(folder: Path) -> Iterator[str]:
    """Run a real sshd on a free port of the loopback, with keys of its own; give ssh's configuration for it."""
    port = free_port()
    command = sshd_command(folder, f"127.0.0.1:{port}")
    with open(folder / "sshd.log", "wb") as log:
        server = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: _accepts(port), 10, "sshd listens")
        yield ssh_configuration(folder, port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def ssh_configuration(folder: Path, port: int, hosts: Mapping[str, str] | None = None) -> str:
    """Write the configuration of a client of servers on a port, by default of this machine; return its path."""
    named = [(f"Host {name}", f"HostName {address}") for name, address in (hosts or {"*": "127.0.0.1"}).items()]
    lines = [
        *(line for lines in named for line in lines),
        "Host *",
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
